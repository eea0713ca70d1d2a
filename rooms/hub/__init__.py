"""Rooms inside one process: who is in them, and how frames reach them (see `hub.hub`)."""

from rooms.hub.hub import CLOSE_RESTART, Hub
from rooms.hub.socket import Socket

__all__ = ["CLOSE_RESTART", "Hub", "Socket"]
