"""Who may use the engine: the API key, and short-lived secrets that start one call each.

A secret is spent by its first use, whatever comes of that use, and forgotten some time after it expires.
Promises to hold no more than `MAX_SECRETS` of them.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from voice.engine.errors import Refusal
from voice.protocol import JsonObject, new_id

MAX_SECRETS = 1000


@dataclass(slots=True)
class _Secret:
    session: JsonObject
    expires_at: int
    spent: bool = False


class Keys:
    """Checks API keys and mints, spends and forgets secrets."""

    def __init__(self, api_key: str, *, clock: Callable[[], float] = time.time) -> None:
        self._api_key = api_key
        self._clock = clock
        self._secrets: dict[str, _Secret] = {}

    def check(self, bearer: str) -> None:
        """Let an API key pass. Raises Refusal (401) for no key, a wrong one, or a secret in its place."""
        if not bearer:
            raise Refusal("invalid_api_key", "You did not provide an API key.", status=401)
        if bearer.startswith("ek_") or (self._api_key and not _same(bearer, self._api_key)):
            raise Refusal("invalid_api_key", "Incorrect API key provided.", status=401)

    def mint(self, session: JsonObject, ttl_s: int) -> tuple[str, int]:
        """Return a new secret for `session` and the epoch second at which it expires."""
        self._forget_expired()
        if len(self._secrets) >= MAX_SECRETS:
            raise Refusal("rate_limit_exceeded", "Too many unexpired client secrets.", status=429)
        value = new_id("ek")
        expires_at = int(self._clock()) + ttl_s
        self._secrets[value] = _Secret(session, expires_at)
        return value, expires_at

    def spend(self, value: str) -> JsonObject:
        """Return the session a secret stands for and spend the secret. Raises Refusal (401)."""
        secret = self._secrets.get(value)
        if secret is None or secret.expires_at <= self._clock():
            raise Refusal("invalid_api_key", "The client secret is unknown or has expired.", status=401)
        if secret.spent:
            raise Refusal(
                "ephemeral_token_already_used", "The client secret has already been used.", status=401
            )
        secret.spent = True
        return secret.session

    def _forget_expired(self) -> None:
        now = self._clock()
        for value in [value for value, secret in self._secrets.items() if secret.expires_at <= now]:
            del self._secrets[value]


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
