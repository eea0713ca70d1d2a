"""What the README says to type is what the tests run."""

from pathlib import Path

from tests.rooms.web import RECOMMENDED

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_recommended_server_is_the_tested_one():
    said = README.replace("\\\n", " ").split()
    start = said.index("uvicorn", said.index("realtime_site.asgi:application") - 1)
    words = said[start : start + 30]
    for option in RECOMMENDED:
        if option not in ("--log-level", "warning"):
            assert option in words, option
