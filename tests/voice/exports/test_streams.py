"""Many conversations as one file."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.voice.conftest import make_user
from tests.voice.recorded import record_call, say, use
from voice.exports import file_pieces
from voice.exports.streams import BATCH
from voice.models import AuditEvent, Conversation


def fill(user: Any, count: int, text: str = "Hello") -> list[Conversation]:
    rows = [record_call(user, days_ago=number + 1) for number in range(count)]
    for row in rows:
        say(row, text, "Good day")
    return rows


def file_of(kind: str, **options: Any) -> bytes:
    rows = options.pop("rows", Conversation.objects.all())
    return b"".join(file_pieces(rows, kind, naming=lambda row: row.user.get_username(), **options))


def test_json_holds_all_oldest_first_and_says_at_its_end_how_many(demo: Any):
    rows = fill(demo, BATCH + 3)
    use(rows[0])
    body = json.loads(file_of("json"))
    assert [found["id"] for found in body["conversations"]] == [str(row.pk) for row in reversed(rows)]
    assert body["count"] == BATCH + 3
    assert body["conversations"][-1]["tool_runs"][0]["name"] == "get_weather"
    assert json.loads(file_of("json", rows=Conversation.objects.none())) == {"conversations": [], "count": 0}


def test_two_calls_that_began_at_once_are_both_there(demo: Any):
    rows = fill(demo, BATCH + 1)
    Conversation.objects.update(started_at=rows[0].started_at)
    assert json.loads(file_of("json"))["count"] == BATCH + 1


def test_csv_has_one_head_and_names_each_conversation(demo: Any):
    first, second = fill(demo, 2)
    rows = list(csv.DictReader(io.StringIO(file_of("csv").decode())))
    assert [row["conversation"] for row in rows] == [str(second.pk)] * 2 + [str(first.pk)] * 2
    assert [row["speaker"] for row in rows] == ["ada", "Home"] * 2


def test_captions_are_a_zip_with_a_file_a_call(demo: Any):
    rows = fill(demo, 3)
    with zipfile.ZipFile(io.BytesIO(file_of("vtt"))) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 3
        assert any(str(rows[0].pk) in name for name in archive.namelist())
        assert archive.read(archive.namelist()[0]).startswith(b"WEBVTT\n\n00:00:00.000")


def test_text_names_each_call(demo: Any):
    fill(demo, 2)
    assert file_of("txt").decode().count("Home, 20") == 2


def test_only_what_was_asked_for_by_id_comes_and_progress_is_told(demo: Any):
    told: list[int] = []
    rows = fill(demo, 4)
    body = json.loads(file_of("json", ids=[rows[2].pk, rows[0].pk], tell=told.append))
    assert {found["id"] for found in body["conversations"]} == {str(rows[2].pk), str(rows[0].pk)}
    assert told == [2]


def test_a_batch_costs_the_same_queries_whatever_is_in_it(demo: Any):
    fill(demo, BATCH - 1)
    with CaptureQueriesContext(connection) as seen:
        file_of("json")
    assert len(seen) == 5  # the batch, turns, tool runs, usage, and that there is no more


@pytest.mark.parametrize("kind", ["json", "csv", "txt"])
def test_memory_does_not_grow_with_the_file(demo: Any, monkeypatch: pytest.MonkeyPatch, kind: str):
    monkeypatch.setattr("voice.exports.streams.BATCH", 10)
    rows = fill(demo, 200, "word " * 1000)

    def peak(ids: list[Any]) -> int:
        tracemalloc.start()
        chosen = Conversation.objects.filter(pk__in=ids)
        size = sum(map(len, file_pieces(chosen, kind, naming=lambda row: "You")))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size > 5000 * len(ids)
        return most

    ids = [row.pk for row in rows]
    peak(ids[:20])  # what is loaded once
    assert peak(ids) < 1.5 * peak(ids[:40])


def run(path: Path, *options: str) -> str:
    errors = io.StringIO()
    call_command("export_transcripts", str(path), *options, stderr=errors)
    return errors.getvalue()


def test_command_writes_a_file_for_its_owner_alone_and_tells_its_progress(demo: Any, tmp_path: Path):
    fill(demo, 3)
    fill(make_user("bob"), 1)
    said = run(tmp_path / "all.csv", "--format", "csv", "--user", "ada")
    assert "3 of 3" in said and said.endswith("3 conversations written.\n")
    assert (tmp_path / "all.csv").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["all.csv"]
    assert AuditEvent.objects.get().detail["conversations"] == 3


def test_command_takes_days(demo: Any, tmp_path: Path):
    row = fill(demo, 3)[1]
    day = row.started_at.date().isoformat()
    run(tmp_path / "x.json", "--since", day)
    assert json.loads((tmp_path / "x.json").read_text())["count"] == 2


@pytest.mark.parametrize(
    "options", [["--user", "nobody"], ["--assistant", "none"], ["--since", "2026-13-01"], ["--format", "exe"]]
)
def test_command_names_what_is_wrong_and_writes_nothing(demo: Any, tmp_path: Path, options: list[str]):
    with pytest.raises(CommandError, match=options[0]):
        run(tmp_path / "x.json", *options)
    assert not list(tmp_path.iterdir())
