"""One service for a test, and the guarded way out to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.voice.outbound.service import Service
from voice.outbound.transport import Outbound


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.fixture
def allowed(service: Service, settings: Any) -> Service:
    """The service, named in TOOL_PRIVATE_HOSTS."""
    settings.TOOL_PRIVATE_HOSTS = (service.at,)
    return service


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    made = Outbound()
    yield made
    await made.aclose()
