"""Who asks: a device by its key, or a person by session and CSRF token.

A key that is shown and wrong is refused, even when a session stands beside it.
"""

from __future__ import annotations

from datetime import timedelta

from channels.db import database_sync_to_async
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from rooms.api.addresses import refuse_bad_encoding
from rooms.api.refusals import BadKey, CsrfFailed, NotLoggedIn
from rooms.models import DeviceKey
from rooms.policies import Principal

USE_NOTED_EVERY = timedelta(minutes=1)
_SAFE = ("GET", "HEAD", "OPTIONS")


class ByDeviceKey(AuthBase):
    """`Authorization: Bearer <device key>`."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A device key, made in the admin and shown there once."

    async def __call__(self, request: HttpRequest) -> DeviceKey | None:
        refuse_bad_encoding(request)
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = await database_sync_to_async(_use)(shown.strip())
        if key is None:
            raise BadKey("This device key is unknown or revoked.")
        return key


class BySession(AuthBase):
    """The site's own login; what changes something also wants `X-CSRFToken`."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"
    openapi_description = "The session of a person who is logged in; a POST also wants `X-CSRFToken`."
    csrf = True

    async def __call__(self, request: HttpRequest) -> Principal:
        user = await request.auser()
        if not user.is_authenticated:
            raise NotLoggedIn("Log in first, or show a device key.")
        if request.method not in _SAFE:
            # The body is a payload: the check shall not look for a form in it, which might not be one.
            request.POST = QueryDict()
            if check_csrf(request) is not None:
                raise CsrfFailed("The CSRF token is missing or old. Reload the page, then try again.")
        return user


def _use(shown: str) -> DeviceKey | None:
    key = DeviceKey.objects.usable(shown)
    now = timezone.now()
    if key is not None and (key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY):
        DeviceKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
