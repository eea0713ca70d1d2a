"""A real MCP server in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.voice.conftest import free_port, wait_for_http
from voice.models import McpServer

PROGRAM = Path(__file__).with_name("house_server.py")
KEY = "house-k3y"


@dataclass(frozen=True)
class House:
    """A running server; `row` is one as an operator would name it."""

    port: int

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    def row(self, **fields: Any) -> McpServer:
        said = {"headers": {"Authorization": "Bearer ${ENV:HOUSE_KEY}"}, "url": f"http://{self.at}/mcp"}
        return McpServer(name="House", **said | fields)

    def offer(self, tools: str) -> None:
        """Change its list of tools."""
        headers = {"Authorization": f"Bearer {KEY}"}
        httpx.post(f"http://{self.at}/lists/{tools}", headers=headers, timeout=5).raise_for_status()


@pytest.fixture(scope="module")
def house_process() -> Iterator[House]:
    port = free_port()
    with subprocess.Popen([sys.executable, str(PROGRAM), str(port), KEY]) as process:
        try:
            wait_for_http(f"http://127.0.0.1:{port}/mcp", process)
            yield House(port)
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture
def house(house_process: House, settings: Any) -> House:
    """The server with its first list, allowed and with its key."""
    settings.TOOL_PRIVATE_HOSTS = (house_process.at,)
    settings.TOOL_SECRETS = ("HOUSE_KEY",)
    settings.TOOL_SECRET_VALUES = {"HOUSE_KEY": KEY}
    house_process.offer("first")
    return house_process
