"""Who is behind a socket, by the session cookie it was opened with. No session is ever changed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

SESSION_ENDED = 4501
USER_DEACTIVATED = 4503


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person by primary key, or the code that says why there is none."""

    user_id: Any = None
    close_code: int = 0


NOBODY = Visitor(close_code=SESSION_ENDED)
DEACTIVATED = Visitor(close_code=USER_DEACTIVATED)


def session_key_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The session's key among the request's cookies, or nothing."""
    cookies = "; ".join(value.decode("latin-1") for name, value in headers if name.lower() == b"cookie")
    return str(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, ""))


def find_visitors(session_keys: Sequence[str]) -> dict[str, Visitor]:
    """The person of each session, as of now; one query for all sessions and one for all people."""
    sessions = _read_sessions([key for key in session_keys if key])
    claims = {key: claim for key, data in sessions.items() if (claim := _claim_of(data))}
    people = _read_people({(claim.backend, claim.user_id) for claim in claims.values()})
    return {key: _judge(claims.get(key), people) for key in session_keys}


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a session says of its person."""

    backend: str
    user_id: Any
    auth_hash: str


def _claim_of(data: Mapping[str, Any]) -> _Claim | None:
    backend = data.get(BACKEND_SESSION_KEY)
    if SESSION_KEY not in data or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user_id = get_user_model()._meta.pk.to_python(data[SESSION_KEY])
    return _Claim(backend, user_id, data.get(HASH_SESSION_KEY, ""))


def _read_sessions(keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    if store.load is not DatabaseSessions.load:
        return {key: store(key).load() for key in keys}
    rows = store.get_model_class().objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return {row.session_key: store().decode(row.session_data) for row in rows}


def _read_people(wanted: set[tuple[str, Any]]) -> dict[tuple[str, Any], Any]:
    """The accounts that their backends still let in."""
    people: dict[tuple[str, Any], Any] = {}
    for name in {backend for backend, _ in wanted}:
        backend: Any = load_backend(name)
        ids = [user_id for own, user_id in wanted if own == name]
        if type(backend).get_user is ModelBackend.get_user:
            found = get_user_model()._default_manager.in_bulk(ids)
            people |= {(name, pk): user for pk, user in found.items() if backend.user_can_authenticate(user)}
        else:
            people |= {(name, pk): user for pk in ids if (user := backend.get_user(pk)) is not None}
    return people


def _judge(claim: _Claim | None, people: Mapping[tuple[str, Any], Any]) -> Visitor:
    if claim is None:
        return NOBODY
    user = people.get((claim.backend, claim.user_id))
    if user is None:
        is_known = get_user_model().objects.filter(pk=claim.user_id, is_active=False).exists()
        return DEACTIVATED if is_known else NOBODY
    return Visitor(user.pk) if _is_hash_right(user, claim.auth_hash) else NOBODY


def _is_hash_right(user: Any, shown: str) -> bool:
    """A changed password ends the session."""
    if constant_time_compare(shown, user.get_session_auth_hash()):
        return True
    return any(constant_time_compare(shown, one) for one in user.get_session_auth_fallback_hash())
