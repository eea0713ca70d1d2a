"""How the API says no: our errors, and those of the framework, in the one shape."""

from __future__ import annotations

import logging
import math

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from rooms.errors import RoomsError, Unavailable

logger = logging.getLogger(__name__)

RETRY_S = 2
"""When to come back to a server that is away and says nothing of how long."""


class BadAddress(RoomsError):
    """The address is not percent-encoded UTF-8."""

    code = "bad_encoding"
    status = 400


class NotLoggedIn(RoomsError):
    """Neither a usable key nor a session."""

    code = "not_logged_in"
    status = 401


class BadKey(RoomsError):
    """A key that is unknown or revoked."""

    code = "bad_key"
    status = 401


class CsrfFailed(RoomsError):
    """A session without its CSRF token."""

    code = "csrf_failed"
    status = 403


class BadParameter(RoomsError):
    """A parameter is missing or out of its range."""

    code = "bad_input"
    status = 422


def answer_errors(api: NinjaAPI) -> None:
    """Have the API answer every refusal in our shape; what is unforeseen stays Django's."""
    api.add_exception_handler(RoomsError, _ours)
    api.add_exception_handler(DatabaseError, _no_database)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _framework)
    api.add_exception_handler(Http404, _nothing_here)


def _ours(request: HttpRequest, exc: RoomsError | type[RoomsError]) -> HttpResponse:
    assert isinstance(exc, RoomsError)
    retry_in_s = exc.retry_in_s
    if retry_in_s is None and isinstance(exc, Unavailable):
        retry_in_s = RETRY_S
    answer = _shaped(exc.status, exc.code, exc.message, exc.field)
    if retry_in_s is not None:
        answer["Retry-After"] = str(max(1, math.ceil(retry_in_s)))
    if exc.status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="rooms"'
    return answer


def _no_database(request: HttpRequest, exc: DatabaseError | type[DatabaseError]) -> HttpResponse:
    logger.error("The API cannot use the database: %s", type(exc).__name__)
    return _ours(request, Unavailable("The database cannot be reached just now."))


def _invalid(request: HttpRequest, exc: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(exc, ValidationError)
    first = exc.errors[0]
    field = str(first["loc"][-1])
    return _shaped(BadParameter.status, BadParameter.code, f"{field}: {first['msg']}", field)


def _framework(request: HttpRequest, exc: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(exc, HttpError)
    return _shaped(exc.status_code, "refused", exc.message)


def _nothing_here(request: HttpRequest, exc: Http404 | type[Http404]) -> HttpResponse:
    return _shaped(404, "not_found", "There is nothing at this address.")


def _shaped(status: int, code: str, message: str, field: str = "") -> JsonResponse:
    error = {"code": code, "message": message}
    if field:
        error["field"] = field
    return JsonResponse({"error": error}, status=status)
