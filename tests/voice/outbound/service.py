"""A web service on loopback that answers as it is asked to, and remembers what it got."""

from __future__ import annotations

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from voice.outbound.transport import MAX_ANSWER_BYTES

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}


class Service:
    """Serves until `close`; `seen` holds every request as `{"method", "target", "headers", "body"}`."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.at}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _answer(self, request: dict[str, Any]) -> Answer:
        address = urlsplit(request["target"])
        first, _, rest = address.path.lstrip("/").partition("/")
        if first == "redirect":
            query = parse_qs(address.query)
            status = int(query.get("status", ["302"])[0])
            return status, {"Location": query["to"][0]}, b""
        if first == "round":
            return 302, {"Location": "/round"}, b""
        if first == "status":
            return int(rest), {}, f"no: {request['headers'].get('x-key', '')}".encode()
        if first == "slow":
            time.sleep(float(rest))
        return SAID[first](request, rest) if first in SAID else (200, JSON, json.dumps(request).encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): text for name, text in self.headers.items()}
                body = self.rfile.read(length).decode()
                request = {"method": self.command, "target": self.path, "headers": headers, "body": body}
                service.seen.append(request)
                status, answer_headers, answer = service._answer(request)
                self.send_response(status)
                for name, text in answer_headers.items():
                    self.send_header(name, text.encode().decode("latin-1"))
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler


SAID: dict[str, Any] = {
    "text": lambda _request, rest: (200, {"Content-Type": "text/plain"}, unquote(rest).encode()),
    "json": lambda _request, rest: (200, JSON, unquote(rest).encode()),
    "empty": lambda *_: (204, {}, b""),
    "big": lambda *_: (200, JSON, b'"' + b"x" * MAX_ANSWER_BYTES + b'"'),
    "gzip": lambda *_: (200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}')),
    "cookie": lambda *_: (200, {**JSON, "Set-Cookie": "who=ada"}, b"{}"),
}
