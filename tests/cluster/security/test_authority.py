"""Test that certificates of the authority are trusted by its own cluster alone."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from glowray.cluster.security.authority import Authority, enrolment_of, key_pem, new_key, signing_request


def der(certificate: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate)


def is_trusted(folder: Path, authority: str, certificate: str, key: str) -> bool:
    """Return whether strict checks (Python 3.13's default) accept a server's certificate for 192.0.2.7."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    (folder / "both.pem").write_text(certificate + key)
    server.load_cert_chain(folder / "both.pem")
    pipes = [ssl.MemoryBIO() for _ in range(2)]
    sides = [
        server.wrap_bio(pipes[0], pipes[1], server_side=True),
        client.wrap_bio(pipes[1], pipes[0], server_hostname="192.0.2.7"),
    ]
    for side in [sides[1], sides[0], sides[1]]:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True


def test_a_certificate_is_trusted_by_its_own_authority_only(tmp_path: Path) -> None:
    one, other, key = Authority(), Authority(), new_key()
    certificate = one.certify(signing_request(key, ["192.0.2.7"]))
    assert is_trusted(tmp_path, one.pem, certificate, key_pem(key))
    assert not is_trusted(tmp_path, other.pem, certificate, key_pem(key))
    elsewhere = one.certify(signing_request(key, ["192.0.2.8"]))
    assert not is_trusted(tmp_path, one.pem, elsewhere, key_pem(key))


def test_a_certificate_is_no_authority(tmp_path: Path) -> None:
    from cryptography import x509

    authority, key, forged_key = Authority(), new_key(), new_key()
    member = authority.certify(signing_request(key, ["192.0.2.8"]))
    forger = Authority()
    forger._key, forger._name = key, x509.load_pem_x509_certificate(member.encode()).subject
    forged = forger.certify(signing_request(forged_key, ["192.0.2.7"]))
    assert not is_trusted(tmp_path, authority.pem, forged + member, key_pem(forged_key))


def test_only_the_heads_certificate_names_the_enrolment() -> None:
    authority, request = Authority(), signing_request(new_key(), ["192.0.2.7"])
    assert enrolment_of(der(authority.certify(request, "[::1]:7"))) == "[::1]:7"
    assert enrolment_of(der(authority.certify(request))) is None
    assert enrolment_of(der(authority.pem)) is None
    assert enrolment_of(b"nothing") is None


def test_a_member_cannot_claim_to_be_the_enrolment() -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    from glowray.cluster.security.authority import ENROLMENT_SCHEME, pem

    claim = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"{ENROLMENT_SCHEME}192.0.2.66:1")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(claim, False)
    request = pem(builder.sign(new_key(), hashes.SHA256()))
    assert enrolment_of(der(Authority().certify(request))) is None


def test_a_request_that_its_key_has_not_signed_is_refused() -> None:
    request = signing_request(new_key(), ["192.0.2.7"])
    lines = request.splitlines()
    lines[-2] = lines[-2][:4] + ("A" if lines[-2][4] != "A" else "B") + lines[-2][5:]
    with pytest.raises(ValueError):
        Authority().certify("\n".join(lines))
    with pytest.raises(ValueError):
        Authority().certify("nothing")
