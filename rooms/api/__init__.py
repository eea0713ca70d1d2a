"""The HTTP of rooms under `/api/`: publish, read what is kept, list; described at `/api/docs`.

Callers show a device key (`Authorization: Bearer …`) or a session with its CSRF token. A payload is the raw
body: it is never parsed and travels on unchanged. Errors are `{"error": {"code", "message", "field"?}}`.
"""

from rooms.api.site import build_api

__all__ = ["build_api"]
