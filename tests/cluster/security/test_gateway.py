"""Test that the gateway forwards the dashboard's connections completely and in both directions."""

from __future__ import annotations

import hashlib
import http.server
import json
import random
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from glowray.cluster.security import tls
from glowray.cluster.security.gateway import Gate, Gateway
from glowray.errors import ClusterError
from tests.cluster.secure import TOKEN, connected

LARGE = random.Random(0).randbytes(5_000_000)


class Digests(http.server.BaseHTTPRequestHandler):
    """A handler that answers with the digest of the request's body, its path and one header, and a long body."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps([hashlib.sha256(sent).hexdigest(), self.path, self.headers["Authorization"]]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer) + len(LARGE)))
        self.end_headers()
        self.wfile.write(answer + LARGE)

    def log_message(self, *words: object) -> None:
        """Print nothing."""


@pytest.fixture
def dashboard() -> Iterator[str]:
    """Serve HTTP. Give the server's HOST:PORT."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Digests) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_requests_and_answers_are_carried_whole(tmp_path: Path, dashboard: str) -> None:
    gateway = Gateway(Gate("127.0.0.1", "127.0.0.1"), tmp_path, TOKEN)
    gateway.carry_to(dashboard)
    request = urllib.request.Request(
        f"{gateway.dashboard}/path?x=1", LARGE, {"Authorization": "Bearer x"}, method="PUT"
    )
    with urllib.request.urlopen(request, context=tls.client_context(tls.settings(tmp_path))) as answer:
        said = answer.read()
    assert json.loads(said[: -len(LARGE)]) == [hashlib.sha256(LARGE).hexdigest(), "/path?x=1", "Bearer x"]
    assert said[-len(LARGE) :] == LARGE


def test_what_either_side_says_arrives_at_once(tmp_path: Path) -> None:
    """Web sockets need this: either side may speak first, and no message waits for the next."""
    gateway = Gateway(Gate("127.0.0.1", "127.0.0.1"), tmp_path, TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as server:
        gateway.carry_to(f"127.0.0.1:{server.getsockname()[1]}")
        with connected(gateway.dashboard.removeprefix("https://"), tls.settings(tmp_path)) as client:
            there, _ = server.accept()
            for number in range(3):
                there.sendall(b"from the server %d" % number)
                assert client.recv(100) == b"from the server %d" % number
                client.sendall(b"from the client %d" % number)
                assert there.recv(100) == b"from the client %d" % number
        assert there.recv(100) == b"", "the end is carried too"
        there.close()


def test_plain_http_and_what_comes_too_early_get_no_answer(tmp_path: Path, dashboard: str) -> None:
    gateway = Gateway(Gate("127.0.0.1", "127.0.0.1"), tmp_path, TOKEN)
    address = gateway.dashboard.removeprefix("https://")
    with connected(address, tls.settings(tmp_path)) as early:
        assert early.recv(100) == b""
    gateway.carry_to(dashboard)
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port))) as plain:
        plain.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        answer = plain.recv(100)
    assert b"HTTP" not in answer


def test_a_dashboard_on_loopback_needs_no_gateway(tmp_path: Path) -> None:
    assert Gate.of("192.0.2.1", "127.0.0.1", 8265) == Gate("192.0.2.1")
    assert Gate.of("192.0.2.1", "192.0.2.1", 8265) == Gate("192.0.2.1", "192.0.2.1", 8265)
    assert Gateway(Gate("127.0.0.1"), tmp_path, TOKEN).dashboard == ""


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
def test_a_dashboard_on_all_interfaces_is_named_by_the_heads_address(tmp_path: Path, everywhere: str) -> None:
    gateway = Gateway(Gate("127.0.0.1", everywhere), tmp_path, TOKEN)
    assert gateway.dashboard.startswith("https://127.0.0.1:")
    with connected(gateway.dashboard.removeprefix("https://"), tls.settings(tmp_path)):
        pass


def test_a_taken_port_and_a_short_token_are_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        Gateway(Gate("127.0.0.1", "127.0.0.1", taken.getsockname()[1]), tmp_path, TOKEN)
    with pytest.raises(ClusterError, match="a token that nobody can guess"):
        Gateway(Gate("127.0.0.1"), tmp_path, "short")
