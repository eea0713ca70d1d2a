"""Response headers that Django has no setting for."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

# The microphone is for our own pages, never for a page framed in them; nothing else is asked of a browser.
PERMISSIONS_POLICY = "microphone=(self), camera=(), geolocation=()"

GetResponse = Callable[[HttpRequest], HttpResponseBase]
AsyncGetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def permissions_policy(get_response: GetResponse | AsyncGetResponse) -> GetResponse | AsyncGetResponse:
    """Middleware: say on every answer which devices its page may use."""

    def mark(response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            return mark(await get_response(request))

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return mark(get_response(request))  # type: ignore[arg-type]

    return synchronous
