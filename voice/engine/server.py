"""Runs the engine as a process: loads models, opens the port, waits for a signal, ends the calls and leaves.

The port opens only when everything is loaded, so an open port means a ready engine. Promises to leave
within three seconds of SIGTERM, SIGINT or SIGHUP.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from aiohttp import web

from voice.engine.app import build_app
from voice.engine.brain.phrases import OPENINGS
from voice.engine.clauses import split_clauses
from voice.engine.config import EngineConfig
from voice.engine.errors import StartError
from voice.engine.peer import prepare_stack
from voice.engine.speech import Speech, load_speech, silent_speech

log = logging.getLogger(__name__)

_SHUTDOWN_S = 2.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(config: EngineConfig, *, announce: Callable[[str], None]) -> None:
    """Serve until a signal comes. Raises StartError when it cannot start."""
    # One thread each: more would fight over the cores with the event loop, which must not stall.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    prepare_stack()
    speech = load(config)
    try:
        asyncio.run(serve(config, speech, announce=announce))
    finally:
        speech.close()
    _leave()


def load(config: EngineConfig) -> Speech:
    """Load what the configuration asks for."""
    if not config.speech:
        return silent_speech()
    clauses = [clause for opening in OPENINGS for clause in split_clauses(opening)]
    return load_speech(clauses, hearing_model=config.hearing_model, speaking_model=config.speaking_model)


async def serve(config: EngineConfig, speech: Speech, *, announce: Callable[[str], None]) -> None:
    """Listen until a signal comes, then end the calls."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(build_app(config, speech), access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.bind, config.port).start()
        announce(f"Engine listening on http://{config.bind}:{config.port} (speech {_word(speech.on)})")
        await stop.wait()
    except OSError as exc:
        raise StartError(
            f"Cannot listen on {config.bind}:{config.port} ({exc.strerror}): set ENGINE_PORT to a free one."
        ) from exc
    finally:
        await runner.cleanup()


def _word(on: bool) -> str:
    return "on" if on else "off"


def _leave() -> None:
    """End the process even if a decoder thread of aiortc is stuck: it is not a daemon and would keep us."""
    logging.shutdown()
    main = threading.main_thread()
    stuck = [one for one in threading.enumerate() if one is not main and not one.daemon and one.is_alive()]
    for thread in stuck:
        thread.join(timeout=_SHUTDOWN_S / len(stuck) / 4)
    if any(thread.is_alive() for thread in stuck):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
