"""The rooms' WebSocket: `RoomsConsumer`."""

from rooms.consumers.consumer import RoomsConsumer

__all__ = ["RoomsConsumer"]
