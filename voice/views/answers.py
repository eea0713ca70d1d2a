"""JSON in, JSON out: the one place where our errors become HTTP.

Error shape: `{"error": {"code", "message", "field"?}}`, plus `"call"` for a 409 of `POST /voice/calls/` and
`"decision"` for one of an approval.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from pydantic import BaseModel, ValidationError

from voice.calls import CallOwner
from voice.errors import AlreadyDecided, AlreadyInCall, BadInput, VoiceError

Answer = Callable[..., Coroutine[Any, Any, HttpResponse]]
Shape = TypeVar("Shape", bound=BaseModel)


def answers_json(*methods: str) -> Callable[[Answer], Answer]:
    """Guard an async view: method, login, and our errors in their shape."""

    def guarded(view: Answer) -> Answer:
        @functools.wraps(view)
        async def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = await request.auser()
            if not user.is_authenticated:
                return error_answer(
                    VoiceError("You are logged out. Log in, then try again."), 401, "not_logged_in"
                )
            if request.method not in methods:
                refusal = error_answer(
                    VoiceError(f"This address takes {' or '.join(methods)}."), 405, "method_not_allowed"
                )
                refusal["Allow"] = ", ".join(methods)
                return refusal
            try:
                return await view(request, *args, **kwargs)
            except VoiceError as exc:
                return error_answer(exc)

        return answer

    return guarded


def error_answer(exc: VoiceError, status: int = 0, code: str = "") -> JsonResponse:
    """One error as its answer."""
    error = {"code": code or exc.code, "message": exc.message}
    if exc.field:
        error["field"] = exc.field
    body: dict[str, Any] = {"error": error}
    if isinstance(exc, AlreadyInCall):
        body["call"] = exc.call
    if isinstance(exc, AlreadyDecided):
        body["decision"] = exc.decision
    answer = JsonResponse(body, status=status or exc.status)
    if exc.retry_after_s is not None:
        answer["Retry-After"] = str(exc.retry_after_s)
    return answer


def body_of(request: HttpRequest, shape: type[Shape], *, refusal: type[BadInput] = BadInput) -> Shape:
    """The request's JSON body, checked. Raises `refusal` naming the first wrong field."""
    try:
        values = json.loads(request.body or b"{}")
    except ValueError as exc:
        raise refusal("The body is not JSON.") from exc
    if not isinstance(values, dict):
        raise refusal("The body must be a JSON object.")
    try:
        return shape.model_validate(values)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise refusal(f"{field or 'body'}: {first['msg']}", field=field) from exc


def owner_of(request: HttpRequest) -> CallOwner:
    """The process's owner of calls, put into every scope by the ASGI application."""
    owner: CallOwner = request.scope["call_owner"]  # type: ignore[attr-defined]
    return owner


async def user_id_of(request: HttpRequest) -> int:
    """The logged-in person; `answers_json` has made sure that there is one."""
    user = await request.auser()
    return int(user.pk or 0)
