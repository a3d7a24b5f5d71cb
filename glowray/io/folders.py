"""What a commit does with folders: lock, look, make, remove."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterable, Iterator

from glowray.errors import CommitConflict
from glowray.io.paths import TEMPORARY

_OWNER = "owner"
_START_FIELD = 19  # of /proc/PID/stat, counted after the command

# What a file system says that has no locks, or none on folders.
_NO_LOCKS = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


def lock_path(path: str) -> int | None:
    """Lock a file or folder until the descriptor is closed or the process ends; None when it is gone meanwhile.

    Raises CommitConflict when another job holds it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.exists(path) and os.path.samestat(os.fstat(descriptor), os.stat(path)):
            return descriptor
    except BlockingIOError:
        os.close(descriptor)
        raise CommitConflict(f'another job is writing to "{path}"') from None
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return descriptor  # a change by another job is still found out before the commit
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def write_owner(folder: str) -> None:
    """Note in a temporary folder which process it belongs to."""
    with open(os.path.join(folder, _OWNER), "x", encoding="utf-8") as file:
        file.write(" ".join([socket.gethostname(), *_place(), str(os.getpid()), _started(os.getpid())]))


def owner_is_dead(folder: str) -> bool:
    """Return whether the process that a temporary folder belongs to was on this machine, and surely is no more.

    The process of a container of the same name is not seen here, dead or alive. A pid that another process has by now,
    which began at another time, is not the owner's.
    """
    noted = (read_if_there(os.path.join(folder, _OWNER)) or "").split(" ")
    if len(noted) != 5 or noted[0] != socket.gethostname():
        return False
    boot, namespace = _place()
    if noted[1] != boot:
        return True  # the machine was started again since
    return noted[2] == namespace and _started(int(noted[3])) != noted[4]


def _place() -> tuple[str, str]:
    """Return the id of this start of the machine, and the name of the namespace that pids are numbered in."""
    boot = read_if_there("/proc/sys/kernel/random/boot_id")
    try:
        return (boot or "-").strip(), os.readlink("/proc/self/ns/pid")
    except OSError:
        return (boot or "-").strip(), "-"


def _started(process: int) -> str:
    """Return when a process began, in clock ticks since the machine did; "-" if there is no such process.

    Without /proc, a process that lives has begun at "?".
    """
    if os.path.isdir("/proc/self"):
        try:
            # The name of the command, in parentheses, may hold spaces, parentheses, and half a character.
            with open(f"/proc/{process}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].decode().split()
        except (FileNotFoundError, ProcessLookupError):
            return "-"
        return fields[_START_FIELD] if fields[0] != "Z" else "-"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return "-"
    except PermissionError:
        return "?"
    return "?"


def make_folders(path: str) -> list[str]:
    """Make a folder and those above it; returns the new ones, outermost first."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    made = []
    for folder in reversed(missing):
        try:
            os.mkdir(folder)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise
            continue
        made.append(folder)
    return made


def content_of(folder: str) -> dict[str, tuple[int, int, int]]:
    """Every file below a folder by its name in it, with what changes when it is written; temporaries left out."""
    return dict(_walk(folder, ""))


def _walk(folder: str, below: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    with os.scandir(os.path.join(folder, below)) as entries:
        for entry in entries:
            name = os.path.join(below, entry.name)
            if entry.name.startswith(TEMPORARY):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder, name)
            else:
                status = entry.stat(follow_symlinks=False)
                yield name, (status.st_ino, status.st_size, status.st_mtime_ns)


def remove(path: str) -> None:
    """Remove a file or folder, if it is there."""
    try:
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return


def remove_empty_folders(folder: str, names: Iterable[str]) -> None:
    """Remove the subfolders that held the files `names`, where nothing is left in them."""
    for name in names:
        while name := os.path.dirname(name):
            remove_if_empty(os.path.join(folder, name))


def remove_if_empty(folder: str) -> None:
    """Remove a folder unless something is in it."""
    try:
        os.rmdir(folder)
    except OSError:
        return  # not empty, or gone: it stays as somebody else left it


def read_if_there(path: str) -> str | None:
    """The text of a file, or None."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
