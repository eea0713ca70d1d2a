"""The command as an operator runs it, on a deployment that must not notice."""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from tests.rooms.drill.conftest import REAL, WITHIN_S, Deployment
from tests.rooms.web import rooms_web
from tests.voice.conftest import log_in, make_user

SMALL = ("--sockets", "5", "--rate", "200", "--storm", "30")


async def test_a_drill_passes_and_leaves_real_rooms_and_counts_as_they_were(busy_deployment, tmp_path):
    site = busy_deployment
    before, counts = site.real_rooms(), site.bridge_counts()
    file = tmp_path / "out.json"
    faults = ("cut-sockets", "kill-links", "flush-keys")
    words = (*SMALL, "--json", str(file), "--only", *faults)
    code, output = await asyncio.to_thread(site.drill, *words)
    assert code == 0, output
    rows = json.loads(file.read_text())["faults"]
    assert [(row["fault"], row["passed"]) for row in rows] == [(name, True) for name in faults]
    assert rows[0]["complete"] == 5, "nobody may lack anything when only sockets are cut"
    assert rows[2]["told"] == 5, "everybody must be told that the keys are gone"
    assert counts[b"registered"] != b"0"
    assert site.bridge_counts() == counts
    assert site.real_rooms() == before
    assert site.leftovers() == []


@pytest.mark.parametrize(
    ("number", "code", "words"), [(signal.SIGINT, 130, "Setting up"), (signal.SIGTERM, 143, "freeze-bridge")]
)
async def test_a_drill_that_is_stopped_leaves_nothing_behind(deployment, number, code, words):
    process = deployment.manage("rooms_drill", *SMALL, "--only", "freeze-bridge")
    await asyncio.to_thread(said, process, words)
    await asyncio.sleep(1.5)
    process.send_signal(number)
    output, _ = await asyncio.to_thread(process.communicate, timeout=WITHIN_S)
    assert process.returncode == code, output
    assert f"Stopped: {number.name}" in output
    assert deployment.leftovers() == []


def said(process, words: str) -> None:
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


async def test_a_redis_that_is_away_is_said_in_a_sentence(deployment):
    deployment.redis.stop()
    code, output = await asyncio.to_thread(deployment.drill, *SMALL)
    assert code == 2
    assert output.startswith("CommandError: Redis is not reachable at REDIS_URL") and output.count("\n") == 1


@pytest.mark.parametrize(
    ("forbidden", "words"),
    [("-client +client|id", "no permission for CLIENT KILL"), ("-scan", "no permission for SCAN")],
)
async def test_a_missing_permission_is_named_before_anything_is_begun(deployment, forbidden, words):
    rules = ["on", ">secret", "~*", "&*", "+@all", *forbidden.split()]
    deployment.client.execute_command("ACL", "SETUSER", "site", *rules)
    deployment.environment["REDIS_URL"] = deployment.redis.url.replace("//", "//site:secret@")
    code, output = await asyncio.to_thread(deployment.drill, *SMALL)
    assert (code, words in output) == (2, True), output
    assert "secret" not in output
    assert deployment.leftovers() == [] or forbidden == "-scan"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "earthquake"), "no fault 'earthquake'"),
        (("--only", "empty-redis"), "no fault 'empty-redis' to do here"),
        (("--sockets", "0"), "--sockets"),
        (("--web", "http://127.0.0.1:1"), "--session"),
        (("--json", "/nowhere/at/all.json"), "--json"),
    ],
)
async def test_a_wrong_argument_is_refused_with_its_name(deployment, words, said):
    code, output = await asyncio.to_thread(deployment.drill, *words)
    assert (code, said in output) == (2, True), output


async def test_the_running_site_can_be_drilled_in_a_room_that_nobody_finds(
    deployment: Deployment, transactional_db: None
):
    user = await asyncio.to_thread(make_user, "ada", is_superuser=True)
    session = (await asyncio.to_thread(log_in, user))["sessionid"]
    with rooms_web("site", REDIS_URL=deployment.redis.url) as web:
        words = ("--web", web.url, "--session", session)
        code, output = await asyncio.to_thread(deployment.drill, *SMALL, *words)
        assert code == 0, output
        assert " 5 " in output and " 30 " in output, "both faults have their row"
    assert deployment.client.zcard(REAL + b"index") == 0
    assert list(deployment.client.scan_iter(REAL + b"[mh]:*")) == []
    assert deployment.leftovers() == []


async def test_a_session_that_may_not_watch_is_said_and_nothing_stays(deployment, transactional_db):
    with rooms_web("site", REDIS_URL=deployment.redis.url) as web:
        words = ("--web", web.url, "--session", "nobody")
        code, output = await asyncio.to_thread(deployment.drill, *SMALL, *words)
    assert code == 2
    assert "could not be set up: a socket was refused: the session has ended or is not valid." in output
    assert list(deployment.client.scan_iter(REAL + b"[mh]:*")) == []
    assert deployment.leftovers() == []


async def test_a_real_bridge_cannot_be_made_deaf_by_mistake(deployment):
    process = deployment.manage("runbridge", "--scratch")
    output, _ = await asyncio.to_thread(process.communicate, timeout=WITHIN_S)
    assert process.returncode == 1
    assert "real rooms would go unheard" in output


async def test_the_children_of_a_killed_drill_end(deployment):
    process = deployment.manage("rooms_drill", *SMALL, "--only", "freeze-bridge")
    await asyncio.to_thread(said, process, "freeze-bridge")
    assert len(deployment.children()) == 4
    process.kill()
    async with asyncio.timeout(5):
        while deployment.children():
            await asyncio.sleep(0.05)
