"""Mutual TLS for a cluster, from its token alone.

The certificate authority's key is derived from the token (HKDF-SHA256, then a P-256 scalar), so whoever holds the token
can issue a certificate for the own node and check every other one, and nothing but the token ever has to be copied.
A token of fewer than 128 random bits would let its public certificate be searched for it: such a token is refused.
"""

from __future__ import annotations

import datetime
import importlib.util
import ipaddress
import os
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from glowray.cluster.home import write_secret
from glowray.errors import ClusterError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MINIMUM_TOKEN_LENGTH = 32
FILES = {"RAY_TLS_CA_CERT": "authority.crt", "RAY_TLS_SERVER_CERT": "node.crt", "RAY_TLS_SERVER_KEY": "node.key"}
HANDSHAKE_SECONDS = 20.0
VALID_FOR = datetime.timedelta(days=825)
CLOCKS_APART = datetime.timedelta(days=1)


def certify(folder: Path, token: str, address: str) -> dict[str, str]:
    """Write this node's key and certificate into `folder`; return the environment that makes Ray use them.

    `address` is the IP address under which the other nodes reach this one.
    """
    if importlib.util.find_spec("cryptography") is None:
        raise ClusterError("--tls needs the cryptography package; run: pip install 'glowray[tls]'")
    authority_key = _authority_key(token)
    authority = _certificate("glowray cluster", None, authority_key, authority_key, [])
    node_key = _fresh_key()
    node = _certificate(f"glowray node {address}", authority, node_key, authority_key, _names(address))
    contents = {
        "RAY_TLS_CA_CERT": _pem(authority),
        "RAY_TLS_SERVER_CERT": _pem(node),
        "RAY_TLS_SERVER_KEY": _key_pem(node_key),
    }
    for variable, content in contents.items():
        write_secret(folder / FILES[variable], content)
    return settings(folder)


def _authority_key(token: str) -> EllipticCurvePrivateKey:
    if len(token) < MINIMUM_TOKEN_LENGTH:
        raise ClusterError(
            f"--tls derives its keys from the token, and this one has {len(token)} characters of at least "
            f"{MINIMUM_TOKEN_LENGTH}: let `glowray up` make one"
        )
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    # 48 bytes for a 32-byte order: the remainder is then even to within 2**-128.
    derived = HKDF(hashes.SHA256(), length=48, salt=None, info=b"glowray cluster authority 1").derive(token.encode())
    return ec.derive_private_key(int.from_bytes(derived, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _fresh_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    name: str,
    issuer: x509.Certificate | None,
    key: EllipticCurvePrivateKey,
    issuer_key: EllipticCurvePrivateKey,
    names: list[x509.GeneralName],
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_APART)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=0 if issuer is None else None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(issuer_key, hashes.SHA256())


def _names(address: str) -> list[x509.GeneralName]:
    from cryptography import x509

    addresses = dict.fromkeys([ipaddress.ip_address(address), ipaddress.ip_address("127.0.0.1")])
    hosts = dict.fromkeys(["localhost", socket.gethostname()])
    return [*map(x509.IPAddress, addresses), *map(x509.DNSName, hosts)]


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def _key_pem(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings(folder: Path) -> dict[str, str]:
    """The environment that makes Ray use the files which `certify` wrote into `folder`."""
    return {"RAY_USE_TLS": "1"} | {variable: str(folder / name) for variable, name in FILES.items()}


def inherited() -> dict[str, str]:
    """The TLS settings this process was started with, if any."""
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        return {}
    return {name: os.environ[name] for name in ("RAY_USE_TLS", *FILES) if name in os.environ}


def check_spoken(host: str, port: int, settings: dict[str, str]) -> None:
    """Raise ClusterError unless the port speaks TLS just when `settings` do, with this token's certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2"])
    if settings:
        context.load_verify_locations(settings["RAY_TLS_CA_CERT"])
        context.load_cert_chain(settings["RAY_TLS_SERVER_CERT"], settings["RAY_TLS_SERVER_KEY"])
    else:
        context.check_hostname = False  # nothing is sent: this only asks whether the other side speaks TLS
        context.verify_mode = ssl.CERT_NONE
    where = f"{host}:{port}"
    try:
        with (
            socket.create_connection((host, port), HANDSHAKE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            speaks = True
    except ssl.SSLCertVerificationError as error:
        raise ClusterError(
            f"the certificate of {where} does not belong to this token ({error.verify_message})"
        ) from error
    except (ssl.SSLError, OSError):
        speaks = False
    if speaks and not settings:
        raise ClusterError(f"the cluster at {where} speaks TLS only; add --tls")
    if settings and not speaks:
        raise ClusterError(
            f"the cluster at {where} does not speak TLS; it was started without --tls, or is another one"
        )
