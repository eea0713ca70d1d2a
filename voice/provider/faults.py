"""Foreign failures become ours here, each with a sentence that says what to do.

Statuses and error codes: OpenAI API reference, "Error codes"; bodies are
`{"error": {"message", "type", "code", "param"}}`. Provider text is shown only where it names what
is wrong with the request; it never carries a key.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import httpx
from websockets import exceptions as ws

from voice.errors import (
    BadOffer,
    CallGone,
    ProviderBusy,
    ProviderError,
    ProviderFailed,
    ProviderRefused,
    ProviderRefusedKey,
    ProviderSilent,
    ProviderUnreachable,
)
from voice.provider.config import ProviderConfig

RETRY_AFTER_S = 30


def error_for_status(
    config: ProviderConfig, status: int, body: bytes, retry_after: str = ""
) -> ProviderError | BadOffer:
    """Map an HTTP status that is not 2xx."""
    code, message = _read_error(body)
    if status in (401, 403):
        return ProviderRefusedKey(
            f"{config.name} refused the key ({status}): check {config.key_name}, and its rights to the model."
        )
    if status == 404 and code == "call_id_not_found":
        return CallGone(f"{config.name} knows no such call.")
    if status == 429:
        cure = (
            "Check its plan and billing." if code == "insufficient_quota" else "Wait a moment and try again."
        )
        seconds = int(retry_after) if retry_after.isdecimal() else RETRY_AFTER_S
        return ProviderBusy(
            f"{config.name} is at its limit ({code or status}). {cure}", retry_after_s=seconds
        )
    if status == 400 and ("sdp" in code or "offer" in code or "sdp" in message.lower()):
        return BadOffer("The browser's offer was not understood. Reload the page.", field="sdp")
    if status >= 500:
        return ProviderFailed(f"{config.name} failed ({status}). It is often brief: try again in a moment.")
    detail = f": {message}" if message else ""
    return ProviderRefused(f"{config.name} refused the call ({status} {code or 'no code'}){detail}")


def _read_error(body: bytes) -> tuple[str, str]:
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        error = json.loads(body)["error"]
        return str(error.get("code") or ""), str(error.get("message") or "")[:300]
    return "", ""


def _unreachable(config: ProviderConfig) -> ProviderUnreachable:
    if config.is_local:
        return ProviderUnreachable("The engine in the box is not running. Operator: start it with make run.")
    return ProviderUnreachable(
        f"{config.name} cannot be reached from this server. Check REALTIME_BASE_URL and the network."
    )


def _silent(config: ProviderConfig) -> ProviderSilent:
    return ProviderSilent(
        f"{config.name} did not answer within {config.timeout_s:.0f} s. Often this is brief: try again soon."
    )


@contextlib.contextmanager
def ours(config: ProviderConfig) -> Iterator[None]:
    """Turn every exception of httpx, websockets and the socket into a `VoiceError`."""
    try:
        yield
    except ws.InvalidStatus as exc:
        raise error_for_status(config, exc.response.status_code, exc.response.body or b"") from exc
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise _silent(config) from exc
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ws.InvalidURI) as exc:
        raise ProviderError(f"{config.name}: the address is not a URL. Check REALTIME_BASE_URL.") from exc
    except (
        httpx.TransportError,
        ws.ConnectionClosed,
        ws.InvalidHandshake,
        ws.InvalidMessage,
        OSError,
        EOFError,
    ) as exc:
        raise _unreachable(config) from exc
    except (httpx.HTTPError, httpx.StreamError, httpx.CookieConflict, ws.WebSocketException) as exc:
        raise ProviderError(f"{config.name} answered something that is not the Realtime API.") from exc
