"""Typed reads of the process environment.

Every read names its variable, so that `Environment.names_read` is the full list of what the site
can be told, and an unusable value fails with the variable, what was read and what is wanted.
A variable set to nothing counts as unset. Secrets are never repeated in an error.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

# Seconds, ms, ms. A host that answers nothing would otherwise hold a thread until TCP gives up.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=30000",
}
SQLITE_INIT = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
SQLITE_BUSY_TIMEOUT_S = 20

_HOST_PORT = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(\d{1,5})")


class Environment:
    """Reads variables by name and type; holds no value itself."""

    def __init__(self) -> None:
        self._env = environ.Env()
        self.names_read: list[str] = []

    @classmethod
    def with_file(cls, path: Path) -> "Environment":
        """The process environment, completed by the file where the process says nothing."""
        if path.is_file():
            environ.Env.read_env(str(path), overwrite=False)
        return cls()

    def text(self, name: str, default: str = "") -> str:
        """Any text, stripped."""
        return self._read(name, default, "text", str)

    def secret(self, name: str) -> str:
        """Text that no error and no log may repeat; empty when unset."""
        return self._read(name, "", "a secret", str)

    def number(self, name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
        """A whole number within its bounds."""
        bounds = f"{minimum} or more" if maximum is None else f"from {minimum} to {maximum}"

        def parse(raw: str) -> int:
            value = int(raw)
            if value < minimum or (maximum is not None and value > maximum):
                raise ValueError(bounds)
            return value

        return self._read(name, default, f"a whole number, {bounds}", parse)

    def flag(self, name: str, default: bool) -> bool:
        """true/false, on/off, yes/no or 1/0."""
        words = {"true": True, "on": True, "yes": True, "1": True}
        words |= {"false": False, "off": False, "no": False, "0": False}
        return self._read(
            name, default, "true or false (also on/off, yes/no, 1/0)", lambda raw: words[raw.lower()]
        )

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        """One of the given words."""
        return self._read(
            name, default, f"one of {', '.join(options)}", lambda raw: options[options.index(raw)]
        )

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Words separated by commas; spaces around them do not count."""

        def parse(raw: str) -> tuple[str, ...]:
            return tuple(word.strip() for word in raw.split(",") if word.strip())

        return self._read(name, default, "words separated by commas", parse)

    def host_ports(self, name: str) -> tuple[str, ...]:
        """`host:port` pairs separated by commas; an IPv6 address stands in brackets."""

        def parse(raw: str) -> tuple[str, ...]:
            pairs = tuple(pair.strip() for pair in raw.split(",") if pair.strip())
            for pair in pairs:
                found = _HOST_PORT.fullmatch(pair)
                if found is None or not 0 < int(found[1]) < 65536:
                    raise ValueError(pair)
            return pairs

        return self._read(name, (), "host:port pairs separated by commas", parse)

    def named_secrets(self, names: tuple[str, ...]) -> dict[str, str]:
        """Secrets whose names an operator chose; they are no settings of ours and so not in `names_read`."""
        return {name: self._env.str(name, "").strip() for name in names}

    def objects(self, name: str) -> list[dict[str, Any]]:
        """A JSON list of objects; empty when unset."""

        def parse(raw: str) -> list[dict[str, Any]]:
            value = json.loads(raw)
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise ValueError("not a list of objects")
            return value

        return self._read(name, [], "a JSON list of objects", parse)

    def web_address(self, name: str, default: str = "") -> str:
        """An http(s) address without a trailing slash."""

        def parse(raw: str) -> str:
            if not raw.startswith(("http://", "https://")):
                raise ValueError("no scheme")
            return raw.rstrip("/")

        return self._read(name, default, "an address that starts with http:// or https://", parse)

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's settings for one database; SQLite always with WAL, patience and immediate transactions."""

        def parse(raw: str) -> dict[str, Any]:
            if "://" not in raw:
                raise ValueError("not a URL")
            found: dict[str, Any] = dict(environ.Env.db_url_config(raw))
            if not found.get("ENGINE"):
                raise ValueError("unknown scheme")
            return _with_options(found)

        # A database URL may hold a password, so the error does not repeat it.
        return self._read(
            name, parse(default), "a database URL such as postgres://user:pw@host/name", parse, True
        )

    def _read(self, name: str, default: T, wanted: str, parse: Callable[[str], T], hide: bool = False) -> T:
        self.names_read.append(name)
        raw = str(self._env.str(name, default="")).strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except (ValueError, KeyError, ImproperlyConfigured) as exc:
            shown = "a value not shown here" if hide else repr(raw)
            raise ImproperlyConfigured(f"{name}: read {shown}, wanted {wanted}.") from exc


def _with_options(found: dict[str, Any]) -> dict[str, Any]:
    """The patience each kind of database needs; what the URL itself says comes first."""
    if "postgresql" in found["ENGINE"]:
        return {**found, "OPTIONS": {**POSTGRESQL_OPTIONS, **found.get("OPTIONS", {})}}
    if "sqlite" not in found["ENGINE"]:
        return found
    options = {
        "init_command": SQLITE_INIT,
        "timeout": SQLITE_BUSY_TIMEOUT_S,
        "transaction_mode": "IMMEDIATE",
        **found.get("OPTIONS", {}),
    }
    return {**found, "OPTIONS": options}
