"""What the environment may say, and how a wrong word is answered."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from realtime_site import settings as site_settings
from realtime_site.environment import Environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch):
    """An environment in which X says the given text."""

    def make(text: str) -> Environment:
        monkeypatch.setenv("X", text)
        return Environment()

    return make


def test_nothing_counts_as_unset(read):
    env = read("  ")
    assert env.number("X", 7) == 7
    assert env.words("X", ("a",)) == ("a",)
    assert env.flag("X", True) is True
    assert env.web_address("X", "http://a") == "http://a"


def test_words_are_split_and_stripped(read):
    assert read(" a , b,,c ").words("X") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "value"), [("on", True), ("TRUE", True), ("1", True), ("off", False), ("no", False)]
)
def test_flags(read, text, value):
    assert read(text).flag("X", not value) is value


def test_addresses_lose_their_trailing_slash(read):
    assert read("https://a/v1/").web_address("X") == "https://a/v1"


def test_pairs_of_host_and_port_are_read(read):
    pairs = ("127.0.0.1:9000", "[::1]:80", "house.lan:65535")
    assert read(", ".join(pairs)).host_ports("X") == pairs


def test_secrets_of_tools_are_read_by_the_names_operators_gave(read):
    env = read("s3cret")
    assert env.named_secrets(("X", "NOT_THERE")) == {"X": "s3cret", "NOT_THERE": ""}
    assert env.names_read == []


def test_objects_are_read_from_json(read):
    assert read('[{"urls": "stun:a"}]').objects("X") == [{"urls": "stun:a"}]


@pytest.mark.parametrize(
    ("text", "method", "arguments", "wanted"),
    [
        ("ten", "number", (1,), "a whole number"),
        ("-1", "number", (1,), "0 or more"),
        ("perhaps", "flag", (True,), "true or false"),
        ("google", "choice", ("a", ("a", "b")), "one of a, b"),
        ("127.0.0.1", "host_ports", (), "host:port pairs"),
        ("http://a:80", "host_ports", (), "host:port pairs"),
        ("a:65536", "host_ports", (), "host:port pairs"),
        ("{}", "objects", (), "a JSON list of objects"),
        ("[1]", "objects", (), "a JSON list of objects"),
        ("ftp://a", "web_address", (), "http:// or https://"),
    ],
)
def test_an_error_names_the_variable_what_was_read_and_what_is_wanted(read, text, method, arguments, wanted):
    with pytest.raises(ImproperlyConfigured) as raised:
        getattr(read(text), method)("X", *arguments)
    message = str(raised.value)
    assert message.startswith("X: ") and repr(text) in message and wanted in message


def test_a_database_error_repeats_no_password(read):
    with pytest.raises(ImproperlyConfigured) as raised:
        read("user:hunter2@host").database("X", "sqlite:///a")
    assert "hunter2" not in str(raised.value) and "X: " in str(raised.value)


def test_every_sqlite_waits_and_writes_ahead(read):
    options = read("sqlite:////tmp/a.sqlite3").database("X", "sqlite:///b")["OPTIONS"]
    assert "journal_mode=WAL" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE" and options["timeout"] >= 5


def test_postgres_gives_up_on_a_host_that_is_silent(read):
    found = read("postgres://u:p@h:5432/d?connect_timeout=9").database("X", "sqlite:///b")
    assert found["ENGINE"].endswith("postgresql")
    assert found["OPTIONS"]["connect_timeout"] == 9
    assert found["OPTIONS"]["tcp_user_timeout"] == 10_000


def test_the_file_completes_and_never_overrides(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("ROOMTONE_A=file\nROOMTONE_B=file\n", encoding="utf-8")
    monkeypatch.setenv("ROOMTONE_A", "process")
    monkeypatch.setenv("ROOMTONE_B", "")
    monkeypatch.delenv("ROOMTONE_B")
    env = Environment.with_file(tmp_path / ".env")
    assert (env.text("ROOMTONE_A"), env.text("ROOMTONE_B")) == ("process", "file")
    monkeypatch.delenv("ROOMTONE_B", raising=False)


def test_every_variable_stands_in_the_example_with_a_line_about_it():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    documented = {
        line.split("=")[0]
        for before, line in zip(lines, lines[1:], strict=False)
        if "=" in line and before.startswith("# ") and not line.startswith("#")
    }
    assert documented == set(site_settings.env.names_read)


def test_settings_carry_the_names_of_the_environment():
    renamed = {"DJANGO_SECRET_KEY", "DJANGO_DEBUG", "DJANGO_ALLOWED_HOSTS", "DJANGO_CSRF_TRUSTED_ORIGINS"}
    renamed |= {"DATABASE_URL", "REDISHOST"}
    missing = [
        name
        for name in site_settings.env.names_read
        if name not in renamed and not hasattr(site_settings, name)
    ]
    assert missing == []
