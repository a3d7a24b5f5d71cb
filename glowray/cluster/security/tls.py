"""Mutual TLS for a cluster: the files that Ray reads, and checks of what a port speaks.

The head makes a certificate authority with a random key (`authority`). It gives a certificate to every machine that
proves that it holds the token (`enrolment`). The dashboard speaks only HTTP, so the head puts TLS in front of it
(`gateway`).
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from pathlib import Path

from glowray.cluster.host.home import write_secret
from glowray.errors import ClusterError
from glowray.extras import check_extra

MINIMUM_TOKEN_LENGTH = 32
FILES = {"RAY_TLS_CA_CERT": "authority.crt", "RAY_TLS_SERVER_CERT": "node.crt", "RAY_TLS_SERVER_KEY": "node.key"}
HANDSHAKE_SECONDS = 20.0


def check_possible(token: str) -> None:
    """Raise MissingLibrary if certificates cannot be made here, ClusterError if the token is too short for them.

    Anyone who connects to the head gets a digest of the token and can test guesses against it.
    """
    check_extra("cryptography", "--tls")
    if len(token) < MINIMUM_TOKEN_LENGTH:
        raise ClusterError(
            f"--tls needs a token that nobody can guess, and this one has {len(token)} characters of at least "
            f"{MINIMUM_TOKEN_LENGTH}: let `glowray up` make one"
        )


def write(folder: Path, authority: str, certificate: str, key: str) -> None:
    """Write the PEM texts of a node's certificates and key into `folder`; `settings` names these files to Ray."""
    for name, content in zip(FILES.values(), (authority, certificate, key), strict=True):
        write_secret(folder / name, content)


def settings(folder: Path) -> dict[str, str]:
    """Return the environment that makes Ray use the files that `write` put into `folder`."""
    return {"RAY_USE_TLS": "1"} | {variable: str(folder / name) for variable, name in FILES.items()}


def inherited() -> dict[str, str]:
    """Return the TLS settings in this process's environment, or {} if it does not use TLS."""
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        return {}
    return {name: os.environ[name] for name in ("RAY_USE_TLS", *FILES) if name in os.environ}


def client_context(settings: dict[str, str]) -> ssl.SSLContext:
    """Return the TLS context of a client with these settings. Without settings it trusts every server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2"])
    if settings:
        context.load_verify_locations(settings["RAY_TLS_CA_CERT"])
        context.load_cert_chain(settings["RAY_TLS_SERVER_CERT"], settings["RAY_TLS_SERVER_KEY"])
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def server_certificate(host: str, port: int, settings: dict[str, str]) -> bytes | None:
    """Return the certificate (DER) that a port shows to a client with these settings, or None if it speaks no TLS.

    Raises ssl.SSLCertVerificationError if the settings' authority has not signed it.
    """
    try:
        with (
            socket.create_connection((host, port), HANDSHAKE_SECONDS) as plain,
            client_context(settings).wrap_socket(plain, server_hostname=host) as secure,
        ):
            return secure.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError:
        raise
    except (ssl.SSLError, OSError):
        return None


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate (DER) in the form that browsers show.

    >>> fingerprint(b"")[:11]
    'E3:B0:C4:42'
    """
    return hashlib.sha256(certificate).digest().hex(":").upper()


def check_spoken(host: str, port: int, settings: dict[str, str]) -> None:
    """Raise ClusterError unless the port speaks TLS exactly if there are `settings`, signed by their authority."""
    where = f"{host}:{port}"
    try:
        speaks = server_certificate(host, port, settings) is not None
    except ssl.SSLCertVerificationError as error:
        raise ClusterError(
            f"the certificate of {where} does not belong to this token ({error.verify_message})"
        ) from error
    if speaks and not settings:
        raise ClusterError(f"the cluster at {where} speaks TLS only; add --tls")
    if settings and not speaks:
        raise no_tls(where)


def no_tls(where: str) -> ClusterError:
    """Return the error for a cluster that should speak TLS and does not."""
    return ClusterError(f"the cluster at {where} does not speak TLS; it was started without --tls, or is another one")
