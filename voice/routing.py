"""The address of the rehearsal's socket."""

from django.urls import path

from voice.rehearsal.consumer import RehearsalConsumer

websocket_urlpatterns = [
    path("ws/rehearsal/<int:assistant_id>/", RehearsalConsumer.as_asgi()),  # type: ignore[arg-type]
]
