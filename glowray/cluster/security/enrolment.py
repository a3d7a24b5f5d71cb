"""How a machine that holds the token gets a certificate from the head.

The machine makes its own key. It connects over TLS to the address in the head's certificate. Each side then proves
that it holds the token, without sending it (`token_proof`):

    machine → head   its nonce
    head → machine   its nonce, its proof
    machine → head   its signing request, its proof for this request
    head → machine   the certificate, and the authority's

Each message is a line of JSON.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import secrets
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glowray.cluster.host.home import home, private_folder
from glowray.cluster.host.ports import address_towards, check_reachable, parse_address
from glowray.cluster.security import tls
from glowray.cluster.security.authority import Authority, enrolment_of, key_pem, new_key, signing_request
from glowray.cluster.security.token_proof import NONCE_BYTES, TokenProof
from glowray.errors import ClusterError

SERVE_SECONDS = 60.0  # a client that sends nothing is disconnected after this time
REFUSED = "refused"


def enrol(folder: Path, address: str, token: str, addresses: Sequence[str]) -> dict[str, str]:
    """Get a certificate from the head at `address` into `folder`; return the environment that makes Ray use it.

    `addresses` are the IP addresses at which the other nodes reach this machine.

    Raises ClusterError if the head does not answer, speaks no TLS, or does not hold this token.
    """
    tls.check_possible(token)
    host, port = parse_address(address)
    check_reachable(host, port)
    shown = tls.server_certificate(host, port, {})
    if shown is None:
        raise tls.no_tls(address)
    where = enrolment_of(shown)
    if where is None:
        raise ClusterError(f"the head at {address} gives out no certificates; start it with: glowray up --tls")
    key = new_key()
    answer = _ask(where, token, signing_request(key, addresses))
    if answer is None:
        raise ClusterError(
            f"the certificate of {address} does not belong to this token; give the cluster's own with --token-file"
        )
    tls.write(folder, answer["authority"], answer["certificate"], key_pem(key))
    return tls.settings(folder)


def renew(folder: Path, address: str, token: str, addresses: Sequence[str]) -> dict[str, str]:
    """Return Ray's environment for the certificate in `folder`; enrol first if it is not from this cluster.

    Raises ClusterError as `enrol` does.
    """
    kept = tls.settings(folder)
    host, port = parse_address(address)
    try:
        if all((folder / name).exists() for name in tls.FILES.values()) and tls.server_certificate(host, port, kept):
            return kept
    except (ssl.SSLError, OSError):
        pass  # the certificate is from an earlier head at this address
    return enrol(folder, address, token, addresses)


def client_settings(address: str, token: str) -> dict[str, str]:
    """Return the TLS settings of a client of the head at `address`; reuse their files while the head is the same.

    Raises ClusterError as `enrol` does.
    """
    folder = private_folder(home() / "clients") / address.replace(":", "_")
    own = address_towards(parse_address(address)[0])
    with (home() / "clients.lock").open("w") as lock:
        # Without the lock, two commands could leave the certificate of one beside the key of the other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return renew(folder, address, token, [own])


class Enrolment:
    """The head's side of the enrolment: answers one machine for each connection."""

    def __init__(self, authority: Authority, token: str, certificate: str) -> None:
        self._authority = authority
        self._proofs = TokenProof(token, ssl.PEM_cert_to_DER_cert(certificate))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send a certificate to a machine that proves that it holds the token; send "refused" to any other.

        Raises TimeoutError if the machine sends nothing, and ValueError, KeyError or the like if it sends something
        else.
        """
        async with asyncio.timeout(SERVE_SECONDS):
            await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        nonces = bytes.fromhex(asked["nonce"]) + (own := secrets.token_bytes(NONCE_BYTES))
        if len(nonces) != 2 * NONCE_BYTES:
            raise ValueError("a nonce has another length")
        _say(writer, nonce=own.hex(), proof=self._proofs.make("head", nonces))
        asked = json.loads(await reader.readline())
        if self._proofs.accepts(asked["proof"], "machine", nonces, asked["request"]):
            certificate = self._authority.certify(asked["request"])
            _say(writer, certificate=certificate, authority=self._authority.pem)
        else:
            _say(writer, error=REFUSED)
        await writer.drain()


def _ask(where: str, token: str, request: str) -> dict[str, str] | None:
    """Run the machine's side of the enrolment at HOST:PORT; return None if the two sides hold different tokens."""
    host, port = parse_address(where)
    try:
        with (
            socket.create_connection((host, port), tls.HANDSHAKE_SECONDS) as plain,
            tls.client_context({}).wrap_socket(plain, server_hostname=host) as secure,
            secure.makefile("rw") as lines,
        ):
            proofs = TokenProof(token, secure.getpeercert(binary_form=True) or b"")
            own = secrets.token_bytes(NONCE_BYTES)
            nonces = own + bytes.fromhex((answer := _exchange(lines, nonce=own.hex()))["nonce"])
            if not proofs.accepts(answer["proof"], "head", nonces):
                return None
            answer = _exchange(lines, request=request, proof=proofs.make("machine", nonces, request))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"the head gave no certificate at {where} ({error or type(error).__name__})") from error
    return answer if "certificate" in answer else None


def _exchange(lines: Any, **message: str) -> dict[str, str]:
    lines.write(json.dumps(message) + "\n")
    lines.flush()
    return dict(json.loads(lines.readline()))


def _say(writer: asyncio.StreamWriter, **message: str) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
