"""The service that tools of kind http and mcp are tried against."""

from tests.voice.outbound.conftest import allowed, outbound, service

__all__ = ["allowed", "outbound", "service"]
