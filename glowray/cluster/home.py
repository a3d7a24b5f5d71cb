"""The folder where glowray keeps what it started on this machine: GLOWRAY_HOME, else the XDG state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from glowray.errors import ClusterError


def home() -> Path:
    """The state folder of this user, made with mode 0700 when it is not there yet."""
    named = os.environ.get("GLOWRAY_HOME")
    state = os.environ.get("XDG_STATE_HOME")
    if named:
        folder = Path(named).expanduser()
    elif state:
        folder = Path(state) / "glowray"
    else:
        folder = Path.home() / ".local" / "state" / "glowray"
    return private_folder(folder.absolute())


def private_folder(folder: Path) -> Path:
    """Make `folder` with mode 0700, or check that nobody else can write into the one that is there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        details = folder.stat()
    except OSError as error:
        raise ClusterError(
            f"the folder {folder} cannot be used: {error.strerror}; set GLOWRAY_HOME to another"
        ) from error
    if details.st_uid != os.getuid() or details.st_mode & 0o022:
        raise ClusterError(f"the folder {folder} can be written by other users; run: chmod go-w {folder}")
    return folder


@contextlib.contextmanager
def alone(what: str) -> Iterator[None]:
    """Keep a second process of this GLOWRAY_HOME from doing the same at the same time."""
    with (home() / f"{what}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ClusterError(f"another `glowray {what}` is at work here; wait until it is done") from error
        yield


def write_secret(path: Path, content: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    private_folder(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
