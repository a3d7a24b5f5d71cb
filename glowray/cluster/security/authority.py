"""A cluster's certificate authority, and the keys and signing requests of its nodes.

The head makes the authority's key at random and keeps it in memory only. It is in no file, token or message.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

VALID_FOR = datetime.timedelta(days=825)
CLOCKS_APART = datetime.timedelta(days=1)
ENROLMENT_SCHEME = "glowray-enrolment://"


class Authority:
    """Signs the certificates of one cluster."""

    def __init__(self) -> None:
        self._key = new_key()
        self._name = _name("glowray cluster")
        self._certificate = self._sign(self._name, self._key.public_key(), [], is_authority=True)

    @property
    def pem(self) -> str:
        """Return the authority's own certificate as PEM. All other certificates are checked against it."""
        return pem(self._certificate)

    def certify(self, request: str, enrolment: str | None = None) -> str:
        """Return the certificate for a signing request, both as PEM, with the addresses and host names in the request.

        `enrolment` is the HOST:PORT where the cluster gives out certificates; the head's certificate contains it.

        Raises ValueError if the request is not signed by the elliptic-curve key that it contains.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

        asked = x509.load_pem_x509_csr(request.encode())
        key = asked.public_key()
        if not isinstance(key, EllipticCurvePublicKey) or not asked.is_signature_valid:
            raise ValueError("the request is not signed by its own key")
        names: list[x509.GeneralName] = [
            name
            for extension in asked.extensions
            if isinstance(extension.value, x509.SubjectAlternativeName)
            for name in extension.value
            if isinstance(name, x509.IPAddress | x509.DNSName)
        ]
        if enrolment is not None:
            names.append(x509.UniformResourceIdentifier(ENROLMENT_SCHEME + enrolment))
        return pem(self._sign(asked.subject, key, names, is_authority=False))

    def _sign(
        self,
        subject: x509.Name,
        key: EllipticCurvePublicKey,
        names: list[x509.GeneralName],
        is_authority: bool,
    ) -> x509.Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCKS_APART)
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), True)
            .add_extension(_usage(is_authority), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        return builder.sign(self._key, hashes.SHA256())


def new_key() -> EllipticCurvePrivateKey:
    """Return a random P-256 key."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def signing_request(key: EllipticCurvePrivateKey, addresses: Iterable[str]) -> str:
    """Return the PEM request of a node that is reached at these IP addresses and at loopback."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    reached = list(dict.fromkeys([*addresses, "127.0.0.1"]))
    hosts = dict.fromkeys(["localhost", socket.gethostname()])
    names = [*(x509.IPAddress(ipaddress.ip_address(address)) for address in reached), *map(x509.DNSName, hosts)]
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(f"glowray node {reached[0]}"))
    return pem(builder.add_extension(x509.SubjectAlternativeName(names), False).sign(key, hashes.SHA256()))


def enrolment_of(certificate: bytes) -> str | None:
    """Return the enrolment's HOST:PORT from a head's certificate (DER), or None if it contains none."""
    from cryptography import x509

    try:
        names = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (ValueError, x509.ExtensionNotFound):
        return None
    found = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    return next((uri.removeprefix(ENROLMENT_SCHEME) for uri in found if uri.startswith(ENROLMENT_SCHEME)), None)


def pem(made: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Return a certificate or request as PEM text."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return made.public_bytes(Encoding.PEM).decode()


def key_pem(key: EllipticCurvePrivateKey) -> str:
    """Return a private key as PEM text, without a password."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _name(text: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _usage(is_authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
