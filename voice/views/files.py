"""Long files as answers: sent piece by piece, under ASGI too.

Under ASGI Django gathers an ordinary iterator whole before it sends it, so there each piece is fetched by a
hop into the request's own thread, when the one before it was taken.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from voice.exports import bulk_format, file_pieces
from voice.models import Conversation

Answer = TypeVar("Answer", bound=HttpResponseBase)


def file_answer(
    request: HttpRequest,
    rows: QuerySet[Conversation],
    kind: str,
    *,
    ids: Sequence[uuid.UUID] | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> StreamingHttpResponse:
    """All `rows`, or those with these `ids`, as one file; `tell` hears how many are done."""
    wanted = bulk_format(kind)

    def naming(row: Conversation) -> str:
        return "You" if row.user_id == request.user.pk else row.user.get_username()

    pieces = file_pieces(rows, kind, naming=naming, ids=ids, tell=tell)
    content = _drawn(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(content, content_type=wanted.content_type)
    return attachment(response, f"conversations-{timezone.now():%Y-%m-%d-%H%M}.{wanted.suffix}")


def attachment(response: Answer, name: str) -> Answer:
    """The answer as a file of this name, which nobody on the way keeps."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _drawn(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def draw() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(draw, thread_sensitive=True)()) is not None:
        yield piece
