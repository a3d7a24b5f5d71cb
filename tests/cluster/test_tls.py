"""Certificates from a token: those of one token trust each other, and nobody else."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from glowray.cluster import tls
from glowray.errors import ClusterError

TOKEN, OTHER = "a1" * 32, "b2" * 32


def serve(files: dict[str, str], connections: int) -> tuple[int, threading.Thread]:
    """A server that demands a client's certificate, as Ray's do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["RAY_TLS_SERVER_CERT"], files["RAY_TLS_SERVER_KEY"])
    context.load_verify_locations(files["RAY_TLS_CA_CERT"])
    context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listener:
            for _ in range(connections):
                connection, _ = listener.accept()
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        secure.sendall(b"welcome")
                except (ssl.SSLError, OSError):
                    connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    return listener.getsockname()[1], thread


def greet(port: int, files: dict[str, str]) -> bytes:
    """What the server says to a client with these certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(files["RAY_TLS_CA_CERT"])
    context.load_cert_chain(files["RAY_TLS_SERVER_CERT"], files["RAY_TLS_SERVER_KEY"])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        return secure.recv(100)


def test_two_nodes_with_one_token_trust_each_other(tmp_path: Path) -> None:
    head = tls.certify(tmp_path / "head", TOKEN, "127.0.0.1")
    worker = tls.certify(tmp_path / "worker", TOKEN, "192.0.2.7")
    port, server = serve(head, 1)
    assert greet(port, worker) == b"welcome"
    server.join()


def test_a_node_with_another_token_is_not_trusted_by_either_side(tmp_path: Path) -> None:
    head = tls.certify(tmp_path / "head", TOKEN, "127.0.0.1")
    stranger = tls.certify(tmp_path / "stranger", OTHER, "127.0.0.1")
    port, server = serve(head, 3)
    with pytest.raises(ssl.SSLError):
        greet(port, stranger)
    with pytest.raises(ClusterError, match="does not belong to this token"):
        tls.check_spoken("127.0.0.1", port, stranger)
    # Even knowing the authority's certificate, which is public, its own is refused.
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        greet(port, stranger | {"RAY_TLS_CA_CERT": head["RAY_TLS_CA_CERT"]})
    server.join()


def test_tls_is_spoken_by_both_sides_or_by_none(tmp_path: Path) -> None:
    files = tls.certify(tmp_path / "head", TOKEN, "127.0.0.1")
    port, server = serve(files, 2)
    tls.check_spoken("127.0.0.1", port, files)
    with pytest.raises(ClusterError, match="speaks TLS only; add --tls"):
        tls.check_spoken("127.0.0.1", port, {})
    server.join()
    with socket.create_server(("127.0.0.1", 0)) as plain:
        refusing = threading.Thread(target=lambda: [plain.accept()[0].close() for _ in range(2)])
        refusing.start()
        port = plain.getsockname()[1]
        tls.check_spoken("127.0.0.1", port, {})
        with pytest.raises(ClusterError, match="does not speak TLS"):
            tls.check_spoken("127.0.0.1", port, files)
        refusing.join()


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    files = tls.certify(tmp_path / "tls", TOKEN, "127.0.0.1")
    assert files == tls.settings(tmp_path / "tls")
    for path in (tmp_path / "tls").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert TOKEN not in path.read_text()
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700


def test_a_short_token_is_too_weak_for_keys(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="this one has 7 characters"):
        tls.certify(tmp_path, "mytoken", "127.0.0.1")
    assert not list(tmp_path.iterdir())
