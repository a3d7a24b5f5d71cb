"""An S3 server for tests of which one request fails: refused, or done while its answer is lost."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

import pytest

ANSWERS = {
    "503": b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>",
    "403": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
    "501": b"<?xml version='1.0'?><Error><Code>NotImplemented</Code><Message>A header is unknown.</Message></Error>",
}

Start = Callable[..., Any]


@dataclass
class FaultyS3:
    """The server's switch. Request number `at`, counted from 0 after `fail`, fails in the way that `kind` says.

    `times` is how many requests fail, from that one on. "reset": the connection is reset and nothing is done. "lost":
    the request is done, and the connection is reset before the answer. `condition` says what becomes of If-None-Match:
    "kept", "ignored" as by old servers, or "refused" by an answer 501.
    """

    url: str = ""
    kind: str = ""
    at: int = -1
    times: int = 1
    condition: str = "kept"
    seen: int = 0
    requests: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def fail(self, kind: str, at: int, times: int = 1) -> None:
        self.kind, self.at, self.times, self.seen = kind, at, times, 0
        self.requests.clear()

    def heal(self) -> None:
        self.at = -1

    @property
    def has_failed(self) -> bool:
        return self.seen > self.at

    def due(self, environ: dict[str, Any]) -> str:
        """Return the fault of a request, "" for none."""
        with self.lock:
            self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}")
            number = self.seen
            self.seen += 1
        return self.kind if self.at >= 0 and self.at <= number < self.at + self.times else ""


def reset(environ: dict[str, Any]) -> None:
    """Reset the connection of a request."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextmanager
def faulty_s3() -> Iterator[FaultyS3]:
    """Run moto's S3 server behind a switch."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    app, switch = DomainDispatcherApplication(create_backend_app), FaultyS3()

    def serve(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        fault = switch.due(environ)
        if switch.condition != "kept" and environ.pop("HTTP_IF_NONE_MATCH", None) and switch.condition == "refused":
            fault = "501"
        if fault in ANSWERS:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(f"{fault} fault", [("Content-Type", "application/xml")])
            return [ANSWERS[fault]]
        if fault == "lost":
            list(app(environ, lambda *_: None))
        if fault:
            reset(environ)
            raise ConnectionResetError
        found: Iterable[bytes] = app(environ, start)
        return found

    server = make_server("127.0.0.1", 0, serve, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    switch.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield switch
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def switch() -> Iterator[FaultyS3]:
    """Start an S3 server, and give its switch."""
    with faulty_s3() as found:
        yield found
