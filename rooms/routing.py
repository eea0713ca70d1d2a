"""The addresses of rooms' sockets."""

from django.urls import path

from rooms.consumers import RoomsConsumer

websocket_urlpatterns = [path("ws/rooms/", RoomsConsumer.as_asgi())]  # type: ignore[arg-type]
