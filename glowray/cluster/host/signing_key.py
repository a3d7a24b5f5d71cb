"""The key that signs this user's checkpoints and saved tasks."""

from __future__ import annotations

import secrets

from glowray.cluster.host.home import home, write_secret


def signing_key() -> bytes:
    """Return the 32 bytes that sign this user's files, from a file of mode 0600 that the first call makes.

    Raises:
        PermissionError: other users can read the file.
    """
    path = home() / "checkpoint.key"
    if not path.exists():
        write_secret(path, secrets.token_hex(32))
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by other users; run: chmod 600 {path}")
    return bytes.fromhex(path.read_text())
