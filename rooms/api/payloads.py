"""The raw body of a request, as it came and not too large."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from rooms.errors import TooLarge


def payload_of(request: HttpRequest) -> bytes:
    """The bytes to publish. Raises TooLarge, when it can before they are read."""
    most = settings.ROOMS_MESSAGE_BYTES
    refusal = TooLarge(f"A message has at most {most} bytes.")
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > most:
        raise refusal
    try:
        payload = request.body
    except RequestDataTooBig as exc:
        raise refusal from exc
    if len(payload) > most:
        raise refusal
    return payload
