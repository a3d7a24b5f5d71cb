"""Stores on loopback for tests: an S3 server, and web servers with and without ranges, which can fail on purpose.

A test module that needs one imports the fixture: `from tests.stores import s3`.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.interface import FileSystem

SECRET = "the-secret-of-the-tests"


@dataclass(frozen=True)
class S3Bucket:
    """A new bucket of the S3 server. `options` are the `storage_options` that open it."""

    name: str
    endpoint: str

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    @property
    def files(self) -> FileSystem:
        return chosen(self.url, self.options).files

    @property
    def options(self) -> dict[str, Any]:
        return {"key": "AKIAGLOWRAYTESTS", "secret": SECRET, "endpoint_url": self.endpoint}

    def put(self, key: str, content: bytes) -> str:
        """Write an object, and return its URL."""
        place = chosen(f"{self.url}/{key}", self.options)
        with place.files.open_output(place.path) as file:
            file.write(content)
        return place.path

    def fill(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Put objects into the server's memory without requests."""
        for key, content in contents:
            _backend().put_object(self.name, key, content)

    def age(self, key: str, seconds: float) -> None:
        """Make an object so many seconds older."""
        found = _backend().get_object(self.name, key)
        found.last_modified -= timedelta(seconds=seconds)

    def get(self, key: str) -> bytes:
        return chosen(f"{self.url}/{key}", self.options).read()

    def keys(self) -> list[str]:
        place = chosen(self.url, self.options)
        return sorted(info.path.removeprefix(f"{self.url}/") for info in place.files.list(place.path))


def _backend() -> Any:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


@contextmanager
def s3_server(address: str = "127.0.0.1") -> Iterator[str]:
    """Run moto's S3 server, and give its URL. It checks no signatures, and keeps all in memory."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = ThreadedMotoServer(address, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def new_bucket(endpoint: str) -> S3Bucket:
    """Make an empty bucket on the server."""
    from pyarrow.fs import S3FileSystem

    bucket = S3Bucket(f"bucket-{uuid.uuid4().hex}", endpoint)
    place = endpoint.removeprefix("http://")
    client = S3FileSystem(
        access_key="a", secret_key="b", region="us-east-1", scheme="http", endpoint_override=place,
        allow_bucket_creation=True,
    )  # fmt: skip
    client.create_dir(bucket.name)
    return bucket


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Start moto's S3 server for all tests."""
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def s3(s3_endpoint: str) -> S3Bucket:
    """Return an empty bucket."""
    return new_bucket(s3_endpoint)


Fault = Callable[["WebHandler"], bool]
"""A function that is called before a request is answered. It returns whether it has answered it."""


@dataclass
class WebServer:
    """A web server. Its files are `files`, by path; `ranges` says whether it serves byte ranges.

    `requests` has the method, path and range of each request. `more_headers` go with each answer. `faults` are used up,
    one a request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    tells_length: bool = True
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    more_headers: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    url: str = ""

    def put(self, path: str, content: bytes) -> str:
        """Add a file, and return its URL."""
        self.files[path] = content
        return self.url + path


class WebHandler(BaseHTTPRequestHandler):
    """The handler of requests for the files of a WebServer."""

    web: WebServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.web.requests.append((self.command, self.path, self.headers.get("Range")))
        self.web.headers.append(dict(self.headers))
        if self.web.faults and self.web.faults.pop(0)(self):
            self.close_connection = True
            return
        content = self.web.files.get(unquote(self.path.partition("?")[0]))
        if content is None:
            self.answer(404, b"there is no such file")
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked is None or not self.web.ranges:
            self.answer(200, content)
            return
        start, stop = int(asked[1]), min(int(asked[2]) + 1, len(content))
        if start >= len(content):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        self.answer(206, content[start:stop], {"Content-Range": f"bytes {start}-{stop - 1}/{len(content)}"})

    do_HEAD = do_GET

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, send: int | None = None) -> None:
        """Send an answer. Cut its body after `send` bytes."""
        self.send_response(status)
        for name, value in (self.web.more_headers | (headers or {})).items():
            self.send_header(name, value)
        if self.web.tells_length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):  # the client may leave before it has read all
                self.wfile.write(body if send is None else body[:send])

    def reset(self) -> None:
        """Break the connection, as a dying host does."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def web_server(**settings: Any) -> Iterator[WebServer]:
    """Start a web server on loopback."""
    web = WebServer(**settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (WebHandler,), {"web": web}))
    server.daemon_threads = True
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web() -> Iterator[WebServer]:
    """Start a web server that serves ranges."""
    with web_server() as server:
        yield server


@pytest.fixture
def plain_web() -> Iterator[WebServer]:
    """Start a web server that ignores ranges."""
    with web_server(ranges=False) as server:
        yield server
