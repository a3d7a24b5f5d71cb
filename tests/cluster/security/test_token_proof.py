"""Test that a proof holds for one token, side, connection and request, and for no other."""

from __future__ import annotations

from glowray.cluster.security.token_proof import NONCE_BYTES, TokenProof

NONCES = bytes(2 * NONCE_BYTES)


def test_a_proof_is_for_all_that_it_includes() -> None:
    proofs = TokenProof("token", b"certificate")
    proof = proofs.make("machine", NONCES, "request")
    assert proofs.accepts(proof, "machine", NONCES, "request")
    assert TokenProof("token", b"certificate").make("machine", NONCES, "request") == proof
    others = [
        (TokenProof("other", b"certificate"), "machine", NONCES, "request"),
        (TokenProof("token", b"other"), "machine", NONCES, "request"),
        (proofs, "head", NONCES, "request"),
        (proofs, "machine", b"\1" + NONCES[1:], "request"),
        (proofs, "machine", NONCES, "other"),
    ]
    assert not any(other.accepts(proof, side, nonces, request) for other, side, nonces, request in others)
    assert not proofs.accepts("", "machine", NONCES, "request") and "token" not in proof
