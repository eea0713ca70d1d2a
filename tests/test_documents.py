"""The documents name what exists: tests that are said to prove, files that are said to hold."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_every_test_that_a_guarantee_names_exists():
    named = re.findall(r"`(test_\w+)`", (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if f"def {name}(" not in TESTS] == []


@pytest.mark.parametrize(
    "document", ["README.md", "docs/architecture.md", "docs/guarantees.md", "docs/drill.md"]
)
def test_every_file_that_a_document_names_exists(document: str):
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:realtime_site|rooms|voice|tests|templates|static|docs|bin)/[\w./]*)`", text)
    )
    linked = {str(Path(document).parent / link) for link in re.findall(r"\]\(([\w./-]+)\)", text)}
    assert [name for name in sorted(named | linked) if not (ROOT / name).exists()] == []
