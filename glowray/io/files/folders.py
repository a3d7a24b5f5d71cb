"""Folders and files of a commit: lock, list, make and remove them, and tell whether their owner is alive."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterable, Iterator

from glowray.errors import CommitConflict
from glowray.io.files.paths import TEMPORARY

_OWNER = "owner"
_REMOVED = ".removed"

OWNERLESS_SECONDS = 3600.0
"""The age at which a temporary folder without an owner is garbage. A living job writes its owner at once."""

_START_FIELD = 19  # the start time in /proc/PID/stat, counted after the command

# The errors of a file system that has no locks, or no locks on folders.
_NO_LOCKS = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


def lock_path(path: str) -> int | None:
    """Lock a file or folder and return its descriptor; None if it does not exist, or was replaced meanwhile.

    The lock ends when the descriptor is closed or the process ends. Without locks in the file system the descriptor
    is returned all the same. Raises CommitConflict if another job holds the lock.
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
            return descriptor  # The commit still checks whether another job changed the content.
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def write_owner(folder: str) -> None:
    """Write a file into a temporary folder that identifies this process as its owner."""
    with open(os.path.join(folder, _OWNER), "x", encoding="utf-8") as file:
        file.write(owner_text())


def owner_text() -> str:
    """Return a text that identifies this process: host, boot, namespace of pids, pid and start time."""
    return " ".join([socket.gethostname(), *_place(), str(os.getpid()), _started(os.getpid())])


def process_has_ended(owner: str) -> bool | None:
    """Return whether the process that `owner_text()` identified has ended; None if it cannot be seen from here.

    The text comes from a store, which machines of one name may share. So the boot must be the same too.
    """
    noted = owner.split(" ")
    if len(noted) != 5 or "-" in noted[1:3] or [noted[0], *noted[1:3]] != [socket.gethostname(), *_place()]:
        return None
    return _started(int(noted[3])) != noted[4]


def owner_is_dead(folder: str) -> bool:
    """Return True if a temporary folder is garbage: its owner ran on this machine and has certainly ended.

    So is a folder that was being removed, and an old one without an owner.

    The owner may be in another container with the same host name. Its process is not visible here, so False is
    returned. If the pid now belongs to a process with another start time, the owner has ended.
    """
    if folder.endswith(_REMOVED):
        return True
    owner = read_if_there(os.path.join(folder, _OWNER))
    if owner is None:
        return _age(folder) > OWNERLESS_SECONDS
    noted = owner.split(" ")
    if len(noted) != 5 or noted[0] != socket.gethostname():
        return False
    boot, namespace = _place()
    if noted[1] != boot:
        return True  # The machine was restarted since.
    return noted[2] == namespace and _started(int(noted[3])) != noted[4]


def _age(folder: str) -> float:
    """Return the seconds since a folder was changed, 0 if it is gone."""
    try:
        return time.time() - os.stat(folder).st_mtime
    except FileNotFoundError:
        return 0.0


def _place() -> tuple[str, str]:
    """Return the id of the machine's current boot, and the name of the namespace in which pids are numbered."""
    boot = read_if_there("/proc/sys/kernel/random/boot_id")
    try:
        return (boot or "-").strip(), os.readlink("/proc/self/ns/pid")
    except OSError:
        return (boot or "-").strip(), "-"


def _started(process: int) -> str:
    """Return the start time of a process in clock ticks since boot; "-" if no process with this pid is alive.

    Without /proc the start time of a living process is "?".
    """
    if os.path.isdir("/proc/self"):
        try:
            # The command's name in parentheses may contain spaces, parentheses and a truncated UTF-8 character.
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
    """Make a folder and its parents. Return the folders that are new, outermost first."""
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


def make_below_job(folder: str) -> None:
    """Make a folder for the files of a task. The temporary folder of its job, in which it is, must exist.

    Raises FileNotFoundError if the job has removed its temporary folder: it has ended without this task.
    """
    path = folder
    while not os.path.isdir(path):
        path, name = os.path.split(path)
        if name.startswith(TEMPORARY):
            raise FileNotFoundError(errno.ENOENT, "the job of this task has ended", folder)
    make_folders(folder)


def content_of(folder: str) -> dict[str, tuple[int, int, int]]:
    """Return each file below a folder by its relative name, without temporary files.

    Its value is (inode, size in bytes, time of modification in ns), which changes when the file is written.
    """
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
    """Remove a file or folder if it exists."""
    try:
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return


def remove_temporary(folder: str) -> None:
    """Remove the temporary folder of a job, in which tasks that cannot be stopped may still make files.

    The folder gets another name first, so that it is gone at once. If this process is killed then, the next job removes
    it.
    """
    gone = folder + _REMOVED
    try:
        os.rename(folder, gone)
    except FileNotFoundError:
        return
    except OSError:
        gone = folder
    remove(gone)


def remove_empty_folders(folder: str, names: Iterable[str]) -> None:
    """Remove the subfolders of the files `names` that are empty now."""
    for name in names:
        while name := os.path.dirname(name):
            remove_if_empty(os.path.join(folder, name))


def remove_if_empty(folder: str) -> None:
    """Remove a folder unless it holds something."""
    try:
        os.rmdir(folder)
    except OSError:
        return  # It is not empty, or it is gone.


def read_if_there(path: str) -> str | None:
    """Return the text of a file, None if it does not exist."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
