"""Test that either both sides speak TLS or neither does."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from glowray.cluster.security import tls
from glowray.cluster.security.enrolment import enrol
from glowray.errors import ClusterError
from tests.cluster.secure import OTHER, TOKEN, head


def test_both_sides_have_to_speak_it(tmp_path: Path) -> None:
    with head(tmp_path / "head") as address, head(tmp_path / "other", OTHER) as other:
        host, port = "127.0.0.1", int(address.partition(":")[2])
        tls.check_spoken(host, port, enrol(tmp_path / "worker", address, TOKEN, []))
        with pytest.raises(ClusterError, match="speaks TLS only; add --tls"):
            tls.check_spoken(host, port, {})
        with pytest.raises(ClusterError, match=f"the certificate of {address} does not belong to this token"):
            tls.check_spoken(host, port, enrol(tmp_path / "stranger", other, OTHER, []))


def test_a_port_without_it_is_told_apart(tmp_path: Path) -> None:
    with head(tmp_path / "head") as address, socket.create_server(("127.0.0.1", 0)) as plain:
        files = enrol(tmp_path / "worker", address, TOKEN, [])
        refusing = threading.Thread(target=lambda: [plain.accept()[0].close() for _ in range(4)])
        refusing.start()
        port = plain.getsockname()[1]
        tls.check_spoken("127.0.0.1", port, {})
        with pytest.raises(ClusterError, match="does not speak TLS"):
            tls.check_spoken("127.0.0.1", port, files)
        with pytest.raises(
            ClusterError, match="does not speak TLS"
        ):  # two connections: the first only checks that something answers
            enrol(tmp_path / "worker", f"127.0.0.1:{port}", TOKEN, [])
        refusing.join()


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="this one has 7 characters"):
        enrol(tmp_path / "worker", "127.0.0.1:1", "mytoken", [])
    assert not list(tmp_path.iterdir())
