"""An engine on a free port for each test, without speech, and browsers to call it."""

import pytest
from aiohttp.test_utils import TestServer

from tests.voice.engine.browser import Browser
from voice.engine.app import build_app
from voice.engine.config import EngineConfig
from voice.engine.peer import prepare_stack
from voice.engine.speech import silent_speech


@pytest.fixture(scope="session", autouse=True)
def _stack():
    prepare_stack()


@pytest.fixture
async def start_engine():
    """Start engines with settings and speech of the test's choice; return the base URL a client is given."""
    running = []
    silence = silent_speech()

    async def start(speech=None, **settings):
        server = TestServer(build_app(EngineConfig(**settings), speech or silence), host="127.0.0.1")
        await server.start_server()
        running.append(server)
        return str(server.make_url("/v1"))

    yield start
    for server in running:
        await server.close()
    silence.close()


@pytest.fixture
async def engine(start_engine):
    """The base URL of a silent engine."""
    return await start_engine()


@pytest.fixture
async def browser(engine):
    """A browser in a call with a silent engine."""
    one = await Browser(engine).dial()
    yield one
    await one.close()
