"""Addresses that refuse or crash, for the tests of refusals."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "POST"])
def open_door(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("hunter2")


urlpatterns = [path("open", open_door), path("api/open", open_door), path("api/crash", crash)]
