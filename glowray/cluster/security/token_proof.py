"""The proof that a side of a TLS connection holds the cluster's token. The token itself is never sent.

    proof = HMAC-SHA256(token, side, both nonces, SHA-256 of the head's certificate, the machine's request)

The proof includes the certificate of the connection. An attacker between the two sides has another certificate, so a
proof that it forwards fails. `side` is "head" or "machine", so neither side's proof can be sent back as the other's.
"""

from __future__ import annotations

import hashlib
import hmac

NONCE_BYTES = 32


class TokenProof:
    """Makes and checks the proofs of one connection. `certificate` is the one that the head shows, as DER."""

    def __init__(self, token: str, certificate: bytes) -> None:
        self._token = token.encode()
        self._binding = hashlib.sha256(certificate).digest()

    def make(self, side: str, nonces: bytes, request: str = "") -> str:
        """Return a side's proof in hexadecimal digits; `nonces` are the machine's and the head's."""
        return hmac.new(self._token, side.encode() + nonces + self._binding + request.encode(), "sha256").hexdigest()

    def accepts(self, proof: str, side: str, nonces: bytes, request: str = "") -> bool:
        """Return whether a side's proof shows that it holds the token, in a time that does not depend on the proof."""
        return hmac.compare_digest(self.make(side, nonces, request).encode(), proof.encode())
