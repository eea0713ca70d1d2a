"""The voice app's addresses, mounted at `/voice/`."""

from django.urls import URLPattern

app_name = "voice"
urlpatterns: list[URLPattern] = []
