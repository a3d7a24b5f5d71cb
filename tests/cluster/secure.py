"""Ports that speak TLS, and a head that runs only the gateway and one TLS port."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glowray.cluster.security import tls
from glowray.cluster.security.gateway import Gate, Gateway

TOKEN, OTHER = "a1" * 32, "b2" * 32
Answer = Callable[[ssl.SSLSocket], object]


def server_context(files: dict[str, str], wants_certificate: bool = False) -> ssl.SSLContext:
    """Return the TLS context of a server with these files. Ray's ports require a certificate of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["RAY_TLS_SERVER_CERT"], files["RAY_TLS_SERVER_KEY"])
    if wants_certificate:
        context.load_verify_locations(files["RAY_TLS_CA_CERT"])
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def serving(context: ssl.SSLContext, answer: Answer, port: int = 0) -> Iterator[str]:
    """Serve a port that answers one connection after the other. Yield its address."""
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # it is closed
                return
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    answer(secure)
            except (ssl.SSLError, OSError):
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def head(folder: Path, token: str = TOKEN, port: int = 0) -> Iterator[str]:
    """Run a gateway and a port like Ray's, which greets clients that have a certificate. Yield the port's address."""
    Gateway(Gate("127.0.0.1"), folder, token)
    with serving(
        server_context(tls.settings(folder), True), lambda secure: secure.sendall(b"welcome"), port
    ) as address:
        yield address


@contextmanager
def connected(address: str, files: dict[str, str]) -> Iterator[ssl.SSLSocket]:
    """Return the connection of a client with these files. Without files it trusts every server."""
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        tls.client_context(files).wrap_socket(plain, server_hostname=host) as secure,
    ):
        yield secure


def greet(address: str, files: dict[str, str]) -> bytes:
    """Return the answer of a head's port to a client with these files."""
    with connected(address, files) as secure:
        return secure.recv(100)
