"""Which hosts and addresses tools may reach. Pure: names and addresses in, a refusal or nothing out.

Promises: only globally routable unicast addresses pass, unless the URL's exact host and port are in
`TOOL_PRIVATE_HOSTS`; a list in `TOOL_HOSTS` narrows the public hosts. IPv6 is judged by what is allowed
(2000::/3 without its special blocks), so IPv4-mapped, NAT64, link-local and whatever comes later are out.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from django.conf import settings

from voice.outbound.refusals import AddressRefused

_PORTS = {"http": 80, "https": 443}
_HOST_PORT = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(\d{1,5})")
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
    )
)
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(block)
    # Protocol assignments (Teredo, ORCHID …), documentation, 6to4, AS112, documentation.
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_public(address: str) -> bool:
    """Whether this literal address is one that anybody on the Internet could reach."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in block for block in _NOT_PUBLIC_V4)
    return found in _PUBLIC_V6 and not any(found in block for block in _NOT_PUBLIC_V6)


def is_literal(host: str) -> bool:
    """Whether a host is an address already, so that no name has to be looked up."""
    try:
        ipaddress.ip_address(plain_host(host))
    except ValueError:
        return False
    return True


def plain_host(host: str) -> str:
    """A host as it is compared: lower case, no brackets, no dot of the root."""
    return host.lower().strip("[]").rstrip(".")


def split_host_port(text: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port` in parts. Raises ValueError."""
    found = _HOST_PORT.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise ValueError("not host:port")
    return plain_host(found[1]), int(found[2])


def port_of(scheme: str, port: int | None) -> int:
    """The port an address means when it names none."""
    return port or _PORTS[scheme]


@dataclass(frozen=True)
class Reach:
    """Where tools of this site may go."""

    public_hosts: frozenset[str]
    private_hosts: frozenset[tuple[str, int]]

    @classmethod
    def of_site(cls) -> Reach:
        """As the environment says."""
        return cls(
            frozenset(plain_host(host) for host in settings.TOOL_HOSTS),
            frozenset(split_host_port(pair) for pair in settings.TOOL_PRIVATE_HOSTS),
        )

    def check_name(self, host: str, port: int) -> None:
        """What can be said before the name is looked up. Raises AddressRefused."""
        if self._is_listed(host, port):
            return
        if self.public_hosts and plain_host(host) not in self.public_hosts:
            raise AddressRefused(f"{host} is not in TOOL_HOSTS.")

    def check_address(self, host: str, port: int, address: str) -> None:
        """Whether a connection to `host` may go to this address. Raises AddressRefused."""
        if not self._is_listed(host, port) and not is_public(address):
            named = host if host == address else f"{host} is {address}, which"
            raise AddressRefused(
                f"{named} is not a public address, and {host}:{port} is not in TOOL_PRIVATE_HOSTS."
            )

    def _is_listed(self, host: str, port: int) -> bool:
        return (plain_host(host), port) in self.private_hosts
