"""The pages of rooms, mounted at `/rooms/`."""

from django.urls import path

from rooms import views

app_name = "rooms"
urlpatterns = [
    path("", views.wall, name="wall"),
    path("room", views.room, name="room"),
]
