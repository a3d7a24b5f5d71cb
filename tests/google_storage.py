"""An emulator of Google Cloud Storage on loopback: `from tests.google_storage import gs, gs_endpoint`.

It runs in a process of its own, because pyarrow asks for a file's size without releasing the GIL.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from select import select
from threading import Lock
from typing import Any
from urllib.request import Request, urlopen

import pytest

from glowray.io.filesystem.chosen import chosen

IDLE_SECONDS = 60
"""How long a connection may stay without a request."""


@dataclass(frozen=True)
class GoogleBucket:
    """A new bucket of the emulator. `options` are the `storage_options` that open it."""

    name: str
    endpoint: str

    @property
    def url(self) -> str:
        return f"gs://{self.name}"

    @property
    def options(self) -> dict[str, Any]:
        return {"endpoint_url": self.endpoint}

    def put(self, key: str, content: bytes) -> str:
        """Write an object, and return its URL."""
        place = chosen(f"{self.url}/{key}", self.options)
        with place.files.open_output(place.path) as file:
            file.write(content)
        return place.path


@pytest.fixture(scope="session")
def gs_endpoint() -> Iterator[str]:
    """Start the emulator. It keeps all in memory."""
    with subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.kill()


@pytest.fixture
def gs(gs_endpoint: str) -> GoogleBucket:
    """Return an empty bucket."""
    bucket = GoogleBucket(f"bucket-{uuid.uuid4().hex}", gs_endpoint)
    made = json.dumps({"name": bucket.name}).encode()
    with urlopen(Request(f"{gs_endpoint}/storage/v1/b?project=tests", made, {"Content-Type": "application/json"})):
        return bucket


def serve() -> None:
    """Serve until the process is killed. Print the port."""
    from gcp_storage_emulator.server import RequestHandler
    from gcp_storage_emulator.storage import Storage

    one_at_a_time = Lock()  # the emulator's storage is not for threads

    class Handler(RequestHandler):
        def handle_one_request(self) -> None:
            if select([self.connection], [], [], IDLE_SECONDS)[0]:
                with one_at_a_time:
                    super().handle_one_request()
            else:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, Storage(use_memory_fs=True)))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
