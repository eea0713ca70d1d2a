"""A connection to a checked address still says, and checks, the name that was asked for."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from voice.outbound.addresses import Reach
from voice.outbound.transport import GuardedBackend, Outbound

NAME = "house.test"


def write_certificate(folder: Path) -> Path:
    """A key and a certificate for `NAME`, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "house.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


class QuietServer(HTTPServer):
    """A client that hangs up in mid-handshake is what the test wants."""

    def handle_error(self, *_args: object) -> None:
        """Say nothing."""


@dataclass
class TlsService:
    """`names` are those that clients said, in the handshake and in Host."""

    port: int
    names: list[str]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsService]:
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    names: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            names.append(self.headers["Host"])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(str(name))
    server = QuietServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield TlsService(server.server_address[1], names)
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


async def ask(service: TlsService, name: str) -> str:
    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    reach = Reach(frozenset(), frozenset({(name, service.port)}))
    outbound = Outbound(GuardedBackend(reach, resolve=here))
    try:
        async with outbound.client(timeout_s=5) as client:
            return (await client.get(f"https://{name}:{service.port}/")).text
    finally:
        await outbound.aclose()


async def test_name_is_said_in_the_handshake_and_in_host(service: TlsService):
    assert await ask(service, NAME) == "ok"
    assert service.names == [NAME, f"{NAME}:{service.port}"]


async def test_certificate_of_another_name_is_refused(service: TlsService):
    with pytest.raises(httpx2.ConnectError):
        await ask(service, "other.test")
