"""The state folder, where glowray keeps records, logs and tokens: GLOWRAY_HOME, else the XDG state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from glowray.errors import ClusterError


def home() -> Path:
    """Return this user's state folder; make it with mode 0700 if it does not exist."""
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
    """Return `folder`, made with mode 0700 if it does not exist.

    Raises ClusterError if other users can write into it, or it cannot be made.
    """
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
    """Hold a lock within this block, so that only one process of this GLOWRAY_HOME runs `glowray` + `what` at a time.

    Raises ClusterError if another process holds the lock.
    """
    with (home() / f"{what}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ClusterError(f"another `glowray {what}` is at work here; wait until it is done") from error
        yield


def write_secret(path: Path, content: str) -> None:
    """Write a file that only this user can read. Readers see the old file or the whole new one."""
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
