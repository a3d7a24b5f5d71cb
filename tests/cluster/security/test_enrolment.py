"""Test that only holders of the token get a certificate, and that the token itself is never sent."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from glowray.cluster.security import tls
from glowray.cluster.security.authority import Authority, enrolment_of, key_pem, new_key, signing_request
from glowray.cluster.security.enrolment import client_settings, enrol
from glowray.errors import ClusterError
from tests.cluster.secure import OTHER, TOKEN, connected, greet, head, server_context, serving


def enrolment_at(address: str) -> str:
    """Return the address at which the head at an address gives out certificates."""
    with connected(address, {}) as secure:
        found = enrolment_of(secure.getpeercert(binary_form=True) or b"")
    assert found is not None
    return found


def test_the_token_gives_a_certificate(tmp_path: Path) -> None:
    with head(tmp_path / "head") as address:
        files = enrol(tmp_path / "worker", address, TOKEN, ["192.0.2.7"])
        assert files == tls.settings(tmp_path / "worker")
        assert greet(address, files) == b"welcome"
        with pytest.raises(ClusterError, match=f"the certificate of {address} does not belong to this token"):
            enrol(tmp_path / "stranger", address, OTHER, ["192.0.2.7"])
        assert not (tmp_path / "stranger").exists()


def test_the_same_token_does_not_give_the_same_authority(tmp_path: Path) -> None:
    with head(tmp_path / "one") as one, head(tmp_path / "two") as two:
        of_one, of_two = enrol(tmp_path / "a", one, TOKEN, []), enrol(tmp_path / "b", two, TOKEN, [])
        with pytest.raises(ssl.SSLError):
            greet(two, of_one)
        # The authority's certificate is public, so knowing it must not help.
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            greet(two, of_one | {"RAY_TLS_CA_CERT": of_two["RAY_TLS_CA_CERT"]})


def test_only_a_nodes_own_key_is_written_and_for_its_owner(tmp_path: Path) -> None:
    with head(tmp_path / "head") as address:
        enrol(tmp_path / "worker", address, TOKEN, [])
    keys = set()
    for folder in (tmp_path / "head", tmp_path / "worker"):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.name for path in folder.iterdir()} == set(tls.FILES.values())
        for path in folder.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600
            assert TOKEN not in path.read_text()
            assert ("PRIVATE KEY" in path.read_text()) == (path.name == tls.FILES["RAY_TLS_SERVER_KEY"])
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "node.crt", folder / "node.key")
        keys.add((folder / "node.key").read_text())
    assert len(keys) == 2


def test_a_client_keeps_its_certificate_until_the_head_is_another_one(own_home: Path, tmp_path: Path) -> None:
    with head(tmp_path / "one") as address:
        files = client_settings(address, TOKEN)
        first = Path(files["RAY_TLS_SERVER_CERT"]).read_text()
        assert client_settings(address, TOKEN) == files
        assert Path(files["RAY_TLS_SERVER_CERT"]).read_text() == first
    with head(tmp_path / "two", port=int(address.partition(":")[2])) as same:
        assert same == address
        assert greet(address, client_settings(address, TOKEN)) == b"welcome"
        assert Path(files["RAY_TLS_SERVER_CERT"]).read_text() != first


def test_a_damaged_certificate_is_made_anew(own_home: Path, tmp_path: Path) -> None:
    with head(tmp_path / "head") as address:
        files = client_settings(address, TOKEN)
        for name in tls.FILES:
            Path(files[name]).write_text("damaged")
            assert greet(address, client_settings(address, TOKEN)) == b"welcome"
            Path(files[name]).unlink()
            assert greet(address, client_settings(address, TOKEN)) == b"welcome"


def test_somebody_between_the_two_sides_gets_no_certificate(tmp_path: Path) -> None:
    """Put a man in the middle. It shows its own certificates, and forwards the messages of both sides."""
    said: list[bytes] = []
    with head(tmp_path / "head") as address:
        real = enrolment_at(address)

        def hand_on(client: ssl.SSLSocket) -> None:
            with connected(real, {}) as there, there.makefile("rwb") as server, client.makefile("rwb") as machine:
                for source, target in ((machine, server), (server, machine)) * 2:
                    line = source.readline()
                    if not line:
                        return
                    said.append(line)
                    target.write(line)
                    target.flush()

        key = new_key()
        request, between = signing_request(key, ["127.0.0.1"]), Authority()
        tls.write(tmp_path / "between", between.pem, between.certify(request), key_pem(key))
        files = tls.settings(tmp_path / "between")
        with serving(server_context(files), hand_on) as enrolment:
            tls.write(tmp_path / "shown", between.pem, between.certify(request, enrolment), key_pem(key))
            shown = server_context(tls.settings(tmp_path / "shown"))
            with (
                serving(shown, lambda secure: secure.recv(1)) as false_head,
                pytest.raises(ClusterError, match="does not belong to this token"),
            ):
                enrol(tmp_path / "worker", false_head, TOKEN, [])
    assert [sorted(json.loads(line)) for line in said] == [["nonce"], ["nonce", "proof"]]
    assert TOKEN.encode() not in b"".join(said) and not (tmp_path / "worker").exists()


def test_a_false_proof_is_refused(tmp_path: Path) -> None:
    with head(tmp_path / "head") as address, connected(enrolment_at(address), {}) as secure:
        lines = secure.makefile("rw")
        for message in ({"nonce": "00" * 32}, {"request": signing_request(new_key(), []), "proof": "00" * 32}):
            lines.write(json.dumps(message) + "\n")
            lines.flush()
            answer = json.loads(lines.readline())
        assert answer == {"error": "refused"}


@pytest.mark.parametrize(
    "words",
    [
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"[]\n",
        b'"text"\n',
        b'{"nonce": 1}\n',
        b'{"nonce": "00"}\n',
        b'{"nonce": "' + b"0" * 64 + b'"}\n{}\n',
        b'{"nonce": "' + b"0" * 64 + b'"}\n{"request": 7, "proof": []}\n',
        b"\xff\xfe\n",
        b"x" * 200_000,
    ],
    ids=range(10),
)
def test_what_is_no_enrolment_is_closed_and_ends_nothing(
    tmp_path: Path, words: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with head(tmp_path / "head") as address:
        with connected(enrolment_at(address), {}) as secure, pytest.raises((OSError, EOFError)):
            secure.sendall(words)  # may fail by itself: the head closes the connection before it has read everything
            while True:
                if not secure.recv(1000):
                    raise EOFError
        assert greet(address, enrol(tmp_path / "worker", address, TOKEN, [])) == b"welcome"
    assert capfd.readouterr().err == ""
