"""No foreign exception leaves the provider client."""

from __future__ import annotations

import inspect
import ssl
from typing import Any

import httpx
import pytest
import websockets.exceptions as ws
from websockets.datastructures import Headers
from websockets.http11 import Response

from voice.errors import CallGone, ProviderError, ProviderRefusedKey, ProviderSilent, ProviderUnreachable
from voice.provider.config import ProviderConfig
from voice.provider.faults import ours

CONFIG = ProviderConfig("openai", "OpenAI", "https://api.example/v1", "sk-1", "OPENAI_API_KEY")


def _classes(module: Any, base: type[BaseException]) -> list[type[BaseException]]:
    found = [item for item in vars(module).values() if inspect.isclass(item) and issubclass(item, base)]
    return [item for item in found if item.__module__.startswith(module.__name__.split(".")[0])]


HTTPX = [
    *_classes(httpx, httpx.HTTPError),
    httpx.InvalidURL,
    httpx.CookieConflict,
    *_classes(httpx, httpx.StreamError),
]
SOCKETS = _classes(ws, ws.WebSocketException)
SYSTEM = [OSError, ConnectionResetError, TimeoutError, EOFError, ssl.SSLError]


def _made(cls: type[BaseException]) -> BaseException:
    """An instance without running a constructor that wants the whole story."""
    made = cls.__new__(cls)
    made.args = ("boom",)
    return made


@pytest.mark.parametrize("cls", [cls for cls in HTTPX + SOCKETS + SYSTEM if cls is not ws.InvalidStatus])
def test_every_foreign_exception_is_mapped(cls: type[BaseException]):
    with pytest.raises(ProviderError) as caught, ours(CONFIG):
        raise _made(cls)
    assert caught.value.message
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("status", "body", "ours_is"),
    [
        (401, b"", ProviderRefusedKey),
        (404, b'{"error": {"code": "call_id_not_found"}}', CallGone),
        (500, b"<html>", ProviderError),
    ],
)
def test_refused_handshake_is_mapped_by_its_status(status: int, body: bytes, ours_is: type[ProviderError]):
    response = Response(status, "no", Headers(), body)
    with pytest.raises(ours_is), ours(CONFIG):
        raise ws.InvalidStatus(response)


def test_time_out_and_refusal_are_told_apart():
    with pytest.raises(ProviderSilent), ours(CONFIG):
        raise httpx.ReadTimeout("late")
    with pytest.raises(ProviderUnreachable), ours(CONFIG):
        raise httpx.ConnectError("refused")


def test_our_own_bugs_are_not_hidden():
    with pytest.raises(ZeroDivisionError), ours(CONFIG):
        raise ZeroDivisionError


def test_key_is_not_in_the_configuration_as_printed():
    assert "sk-1" not in repr(CONFIG)
