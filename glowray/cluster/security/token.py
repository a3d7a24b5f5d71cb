"""The cluster's token: a secret in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from glowray.cluster.host.home import home, write_secret
from glowray.errors import ClusterError

OWNER_ONLY = "can be read by other users"
MISSING = "no token: every cluster asks for one; give --token-file FILE or set RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"


def own_token() -> Path:
    """Return the file of the token for clusters started here: RAY_AUTH_TOKEN_PATH, else one in the state folder.

    That file is made with a random token, or gets the value of RAY_AUTH_TOKEN if it is set.

    Raises ClusterError if the file cannot be used.
    """
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    if named:
        path = Path(named).expanduser().absolute()
        read_token(path)
        return path
    path = home() / "token"
    given = os.environ.get("RAY_AUTH_TOKEN")
    if given:
        write_secret(path, checked(given))
    elif path.exists():
        read_token(path)
    else:
        write_secret(path, secrets.token_hex(32))
    return path


def joined_token(address: str) -> Path:
    """Return the file for the token of the cluster at `address` (HOST:PORT), once this machine has joined it."""
    return home() / "tokens" / address.replace(":", "_").replace("[", "").replace("]", "")


def keep_token(address: str, token: str) -> Path:
    """Write the token of the cluster at `address` to a file of mode 0600; return the file."""
    path = joined_token(address)
    write_secret(path, checked(token))
    return path


def read_token(path: Path) -> str:
    """Return the token in `path`. Raises ClusterError if other users can read the file, or it holds no token."""
    try:
        details = path.stat()
        if not stat.S_ISREG(details.st_mode):
            raise ClusterError(f"the token file {path} is not a regular file")
        if details.st_mode & 0o077:
            raise ClusterError(f"the token file {path} {OWNER_ONLY}; run: chmod 600 {path}")
        content = path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise ClusterError(f"the token file {path} holds something other than a token") from error
    except OSError as error:
        raise ClusterError(f"the token file {path} cannot be read: {error.strerror}") from error
    if not content.strip():
        raise ClusterError(f"the token file {path} is empty")
    return checked(content)


def checked(token: str) -> str:
    """Return the token without surrounding whitespace. Raises ClusterError if it cannot stand in an HTTP header."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ClusterError("that is no token: it must be one word of printable ASCII characters")
    return token


def find_token(address: str, token_file: Path | None = None, started_here: Path | None = None) -> Path | str:
    """Return the file of the token for the cluster at `address`, or the token if only the environment has it.

    The first of these counts: `token_file`, RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH, `started_here` (the file of a node
    that runs here), the file that `glowray join` kept, Ray's own ~/.ray/auth_token.

    Raises ClusterError if there is none, or other users can read the file.
    """
    given = os.environ.get("RAY_AUTH_TOKEN")
    if token_file is None and given:
        return checked(given)
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    for explicit in (token_file, Path(named).expanduser() if named else None, started_here):
        if explicit is not None:
            read_token(explicit)
            return explicit.absolute()
    for usual in (joined_token(address), Path.home() / ".ray" / "auth_token"):
        if usual.exists():
            read_token(usual)
            return usual
    raise ClusterError(MISSING)
