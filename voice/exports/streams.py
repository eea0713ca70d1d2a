"""Many conversations as one file, oldest first, piece by piece.

Rows are read in batches, each by a query of its own that goes on where the last one ended: no cursor and no
transaction stays open while somebody's line is slow. Captions of many calls are a zip with a file a call;
the JSON says at its end how many there are, so a file that was cut off shows.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence

from django.db.models import Q, QuerySet

from voice.exports.formats import (
    CSV_COLUMNS,
    FORMATS,
    ExportFormat,
    as_csv_rows,
    as_json,
    as_text,
    as_vtt,
    csv_rows,
    runs_with_answers,
)
from voice.models import Conversation

BATCH = 50

Naming = Callable[[Conversation], str]
Batches = Iterator[list[Conversation]]


def bulk_format(kind: str) -> ExportFormat:
    """What many conversations in this format are."""
    return ExportFormat("application/zip", "zip") if kind == "vtt" else FORMATS[kind]


def file_pieces(
    rows: QuerySet[Conversation],
    kind: str,
    *,
    naming: Naming,
    ids: Sequence[uuid.UUID] | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> Iterator[bytes]:
    """The file of all `rows`, or of those with these `ids`, in that order.

    `naming` says what who called is named; `tell` hears how many are done.
    """
    makers = {"json": _json, "csv": _csv, "vtt": _zipped_vtt, "txt": _text}
    whole = rows.order_by("started_at", "pk").select_related("user")
    whole = whole.prefetch_related("turns", runs_with_answers(), "usage")
    batches = _batches(whole) if ids is None else _batches_of(whole, ids)
    yield from makers[kind](_told(batches, tell), naming)


def _batches_of(rows: QuerySet[Conversation], ids: Sequence[uuid.UUID]) -> Batches:
    # In pieces, because databases take only so many values in one question.
    for first in range(0, len(ids), BATCH):
        yield list(rows.filter(pk__in=ids[first : first + BATCH]))


def _batches(ordered: QuerySet[Conversation]) -> Batches:
    after = Q()
    while batch := list(ordered.filter(after)[:BATCH]):
        yield batch
        last = batch[-1]
        later = Q(started_at__gt=last.started_at) | Q(pk__gt=last.pk)
        # The first half alone lets the index find the place.
        after = Q(started_at__gte=last.started_at) & later


def _told(batches: Batches, tell: Callable[[int], None]) -> Batches:
    done = 0
    for batch in batches:
        yield batch
        # Here again means that the piece made of it was taken.
        done += len(batch)
        tell(done)
        for row in batch:
            # A row and its turns hold one another; memory would wait for the collector of such rings.
            vars(row).pop("_prefetched_objects_cache", None)


def _json(batches: Batches, naming: Naming) -> Iterator[bytes]:
    yield b'{"conversations": ['
    count = 0
    for batch in filter(None, batches):
        lead = ",\n" if count else "\n"
        count += len(batch)
        yield (lead + ",\n".join(map(as_json, batch))).encode()
    yield f'\n], "count": {count}}}\n'.encode()


def _csv(batches: Batches, naming: Naming) -> Iterator[bytes]:
    yield csv_rows([CSV_COLUMNS]).encode()
    for batch in batches:
        yield "".join(as_csv_rows(row, naming(row)) for row in batch).encode()


def _text(batches: Batches, naming: Naming) -> Iterator[bytes]:
    for batch in batches:
        yield "".join(f"{_title(row)}\n{as_text(row, naming(row))}\n" for row in batch).encode()


def _title(row: Conversation) -> str:
    return f"{row.assistant_name or 'Assistant'}, {row.started_at:%Y-%m-%d %H:%M} ({row.pk})"


class _Sink:
    """What a zip is written to: it cannot be sought in, and gives away what it has got."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _zipped_vtt(batches: Batches, naming: Naming) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for batch in batches:
            for row in batch:
                archive.writestr(f"{row.started_at:%Y-%m-%d-%H%M%S}-{row.pk}.vtt", as_vtt(row, naming(row)))
            yield sink.taken()
    yield sink.taken()
