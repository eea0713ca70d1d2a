"""How the site says no: JSON under the programs' addresses, pages elsewhere, always the true status.

The shape is `{"error": {"code": str, "message": str, "field"?: str}}`. A view that already answers JSON
keeps its own words; whatever Django itself refuses (no such address, wrong method, CSRF, a crash) is put
into the shape.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware
from django.views.csrf import csrf_failure as django_csrf_failure

JSON_PREFIXES = ("/voice/calls", "/voice/session", "/voice/tools", "/voice/live/calls", "/api")
LOCKOUT_SECONDS = 60
_WORDS = {
    400: ("bad_request", "The request could not be read."),
    401: ("not_logged_in", "Log in first."),
    403: ("not_allowed", "This is not yours to do."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is too large."),
    429: ("rate_limited", "Too many requests. Wait a little, then try again."),
    500: ("server_error", "Something went wrong here. Trying again may help."),
}
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate", "Permissions-Policy")

GetResponse = Callable[[HttpRequest], HttpResponseBase]
AsyncGetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


def wants_json(path: str) -> bool:
    """Whether the address is for programs."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in JSON_PREFIXES)


def error_response(
    status: int, *, code: str = "", message: str = "", field: str | None = None
) -> JsonResponse:
    """An error in the one shape; code and message default to the status' own."""
    known_code, known_message = _WORDS.get(status, ("error", "The request was refused."))
    error = {"code": code or known_code, "message": message or known_message}
    if field is not None:
        error["field"] = field
    return JsonResponse({"error": error}, status=status)


@sync_and_async_middleware
def json_errors(get_response: GetResponse | AsyncGetResponse) -> GetResponse | AsyncGetResponse:
    """Middleware: turn refusals under the JSON addresses into the one shape."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            return _in_shape(request, await get_response(request))

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return _in_shape(request, get_response(request))  # type: ignore[arg-type]

    return synchronous


def csrf_failure(
    request: HttpRequest, reason: str = "", template_name: str = "403_csrf.html"
) -> HttpResponseBase:
    """Refuse a request without a valid CSRF token, in the words the address speaks."""
    if wants_json(request.path):
        return error_response(
            403,
            code="csrf_failed",
            message="The CSRF token is missing or old. Reload the page, then try again.",
        )
    return django_csrf_failure(request, reason=reason, template_name=template_name)


def too_many_logins(request: HttpRequest, _response: object, _credentials: object = None) -> HttpResponse:
    """Show the login page with a wait instead of checking a sixth password."""
    context = {
        "form": AuthenticationForm(request),
        "locked": True,
        "wait_s": LOCKOUT_SECONDS,
        "next": request.POST.get("next", ""),
    }
    response = render(request, "registration/login.html", context, status=429)
    response["Retry-After"] = str(LOCKOUT_SECONDS)
    return response


def _in_shape(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code < 400 or not wants_json(request.path) or _is_json(response):
        return response
    shaped = error_response(response.status_code)
    for name in _KEPT_HEADERS:
        if name in response.headers:
            shaped[name] = response.headers[name]
    shaped.cookies = response.cookies
    return shaped


def _is_json(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().endswith("json")
