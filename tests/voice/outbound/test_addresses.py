"""Which addresses are public, and what the lists of the environment change."""

from __future__ import annotations

import pytest

from voice.outbound.addresses import Reach, is_public, split_host_port
from voice.outbound.refusals import AddressRefused


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
        ),
        *("169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1"),
        *("198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *(
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1"),
        *("2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "5f00::1", "localhost", "", "127.1"),
    ],
)
def test_address_that_is_not_public_is_none(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.1", "172.32.0.1"]
)
def test_public_address_of_version_4(address: str):
    assert is_public(address)


@pytest.mark.parametrize("address", ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001::200e"])
def test_public_address_of_version_6(address: str):
    assert is_public(address)


def reach(*private: str, public: tuple[str, ...] = ()) -> Reach:
    return Reach(frozenset(public), frozenset(map(split_host_port, private)))


def test_a_private_address_passes_by_its_exact_host_and_port_only():
    listed = reach("127.0.0.1:9000", "[::1]:9001", "House.lan:80")
    listed.check_address("127.0.0.1", 9000, "127.0.0.1")
    listed.check_address("::1", 9001, "::1")
    listed.check_address("house.lan.", 80, "192.168.1.5")
    for host, port in [("127.0.0.1", 9001), ("localhost", 9000), ("2130706433", 9000), ("a.house.lan", 80)]:
        with pytest.raises(AddressRefused):
            listed.check_address(host, port, "127.0.0.1")


def test_a_list_of_public_hosts_narrows_them_and_leaves_private_ones():
    narrowed = reach("127.0.0.1:9000", public=("api.example.org",))
    narrowed.check_name("API.example.org", 443)
    narrowed.check_name("127.0.0.1", 9000)
    for host in ("example.org", "evil.api.example.org", "api.example.org.evil.com"):
        with pytest.raises(AddressRefused) as refused:
            narrowed.check_name(host, 443)
        assert "is not in TOOL_HOSTS" in refused.value.detail


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1:", ":80", "a:0", "a:65536", "http://a:80", "::1:80"]
)
def test_what_is_not_host_and_port_is_none(text: str):
    with pytest.raises(ValueError):
        split_host_port(text)
