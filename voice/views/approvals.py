"""`POST /voice/calls/<id>/approvals/<call_id>`: the person's word on a tool that asks first."""

from __future__ import annotations

import asyncio
import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse

from voice import approvals
from voice.call_rooms import approval_body
from voice.calls import questions
from voice.errors import AlreadyDecided, CallEnded
from voice.views.answers import answers_json, body_of, owner_of
from voice.views.calls import own_call
from voice.views.shapes import DecisionBody


@answers_json("POST")
async def decide(request: HttpRequest, conversation_id: uuid.UUID, call_id: str) -> HttpResponse:
    """Approve or deny one run, once; the same answer again changes nothing, another one is 409."""
    body = body_of(request, DecisionBody)
    owner = owner_of(request)
    row = await own_call(request, conversation_id)
    decision = approvals.ANSWERS[body.decision]
    try:
        decided = await owner.writer.run(
            approvals.answer, conversation_id, call_id, await request.auser(), decision
        )
    except AlreadyDecided:
        if row.ended_at is not None:
            raise CallEnded("This call is over.") from None
        raise
    owner.call_rooms.tell_approval(decided)
    # A browser that leaves now has been heard all the same.
    await asyncio.shield(owner.spawn(questions.tell_answered(owner, conversation_id, call_id)))
    return JsonResponse(approval_body(decided))
