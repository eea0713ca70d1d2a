"""Who is behind a socket, by the session cookie it was opened with. No session is ever changed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

SESSION_ENDED = 4501
USER_DEACTIVATED = 4503


@dataclass(frozen=True)
class Visitor:
    """A person, or the code that says why there is none."""

    user: Any = None
    close_code: int = 0


NOBODY = Visitor(close_code=SESSION_ENDED)


def session_key_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The session's key among the request's cookies, or nothing."""
    cookies = "; ".join(value.decode("latin-1") for name, value in headers if name.lower() == b"cookie")
    return str(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, ""))


async def find_visitor(session_key: str) -> Visitor:
    """The person of that session, as of now."""
    found: Visitor = await database_sync_to_async(_find)(session_key)
    return found


def _find(session_key: str) -> Visitor:
    if not session_key:
        return NOBODY
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend = session.get(BACKEND_SESSION_KEY)
    if SESSION_KEY not in session or backend not in settings.AUTHENTICATION_BACKENDS:
        return NOBODY
    user_id = get_user_model()._meta.pk.to_python(session[SESSION_KEY])
    user = load_backend(backend).get_user(user_id)
    if user is None:
        is_known = get_user_model().objects.filter(pk=user_id, is_active=False).exists()
        return Visitor(close_code=USER_DEACTIVATED) if is_known else NOBODY
    return Visitor(user) if _is_hash_right(user, session.get(HASH_SESSION_KEY, "")) else NOBODY


def _is_hash_right(user: Any, shown: str) -> bool:
    """A changed password ends the session."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(shown, one) for one in hashes)
