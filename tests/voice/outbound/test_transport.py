"""The guarded way out: what is checked is what is connected to."""

from __future__ import annotations

from typing import Any

import httpcore2
import httpx2
import pytest

from tests.voice.outbound.service import Service
from voice.outbound.addresses import Reach
from voice.outbound.refusals import AddressRefused, Unusable
from voice.outbound.transport import MAX_ANSWER_BYTES, GuardedBackend, Outbound

PUBLIC = "93.184.215.14"
SENTENCE = "This tool points to an address that it may not reach."


class Dialled(httpcore2.AsyncNetworkBackend):
    """Remembers where it was asked to connect, and connects nowhere."""

    def __init__(self) -> None:
        self.to: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        self.to.append((host, port))
        raise httpcore2.ConnectError("nobody is there")


class Names:
    """A resolver that gives one answer after another."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self._answers.pop(0)


async def get(outbound: Outbound, url: str) -> httpx2.Response:
    async with outbound.client(timeout_s=5) as client:
        return await client.get(url)


async def test_listed_address_is_reached(allowed: Service, outbound: Outbound):
    answer = await get(outbound, f"{allowed.url}/text/hello")
    assert answer.text == "hello"
    assert allowed.seen[0]["headers"]["host"] == allowed.at
    assert allowed.seen[0]["headers"]["accept-encoding"] == "identity"


async def test_neighbour_port_of_a_listed_one_is_refused(allowed: Service, outbound: Outbound):
    with pytest.raises(AddressRefused):
        await get(outbound, f"http://127.0.0.1:{allowed.port ^ 1}/")
    with pytest.raises(AddressRefused):
        await get(outbound, f"http://localhost:{allowed.port}/")
    assert allowed.seen == []


async def test_name_that_resolves_to_a_private_address_is_refused():
    dialled, names = Dialled(), Names(["10.0.0.7"])
    backend = GuardedBackend(reach(), resolve=names, inner=dialled)
    with pytest.raises(AddressRefused) as refused:
        await get(Outbound(backend), "http://rebound.example.org/")
    assert refused.value.message == SENTENCE
    assert "10.0.0.7" in refused.value.detail
    assert dialled.to == []


async def test_name_with_a_public_and_a_private_address_is_refused():
    dialled = Dialled()
    backend = GuardedBackend(reach(), resolve=Names([PUBLIC, "127.0.0.1"]), inner=dialled)
    with pytest.raises(AddressRefused):
        await get(Outbound(backend), "http://mixed.example.org/")
    assert dialled.to == []


async def test_name_that_changes_after_the_check_is_not_asked_again():
    dialled, names = Dialled(), Names([PUBLIC], ["127.0.0.1"])
    outbound = Outbound(GuardedBackend(reach(), resolve=names, inner=dialled))
    with pytest.raises(httpx2.ConnectError):
        await get(outbound, "http://rebound.example.org/")
    assert (dialled.to, names.asked) == ([(PUBLIC, 80)], 1)
    with pytest.raises(AddressRefused):
        await get(outbound, "http://rebound.example.org/")
    assert dialled.to == [(PUBLIC, 80)]


async def test_further_addresses_are_tried_in_turn():
    dialled = Dialled()
    addresses = [PUBLIC, "8.8.8.8", "1.1.1.1", "9.9.9.9"]
    outbound = Outbound(GuardedBackend(reach(), resolve=Names(addresses), inner=dialled))
    with pytest.raises(httpx2.ConnectError):
        await get(outbound, "https://many.example.org/")
    assert dialled.to == [(PUBLIC, 443), ("8.8.8.8", 443), ("1.1.1.1", 443)]


async def test_name_that_is_unknown_is_unreachable():
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(httpx2.ConnectError):
        await get(Outbound(GuardedBackend(reach(), resolve=nobody)), "http://nowhere.example.org/")


async def test_proxy_of_the_environment_is_not_used(
    allowed: Service, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await get(outbound, f"{allowed.url}/text/direct")).text == "direct"


async def test_long_answer_is_cut_off(allowed: Service, outbound: Outbound):
    with pytest.raises(Unusable) as refused:
        await get(outbound, f"{allowed.url}/big")
    assert str(MAX_ANSWER_BYTES) in refused.value.detail


async def test_compressed_answer_is_refused(allowed: Service, outbound: Outbound):
    with pytest.raises(Unusable):
        await get(outbound, f"{allowed.url}/gzip")


async def test_cookies_stay_with_their_run(allowed: Service, outbound: Outbound):
    await get(outbound, f"{allowed.url}/cookie")
    await get(outbound, f"{allowed.url}/cookie")
    assert all("cookie" not in request["headers"] for request in allowed.seen)


async def test_connections_are_shared_between_runs(allowed: Service, outbound: Outbound):
    async with outbound.client(timeout_s=5) as first:
        await first.get(f"{allowed.url}/text/a")
    assert (await get(outbound, f"{allowed.url}/text/b")).text == "b"


def reach() -> Reach:
    return Reach(frozenset(), frozenset())
