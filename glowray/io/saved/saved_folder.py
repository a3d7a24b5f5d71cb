"""The folder that `resume=` names: which tasks are saved there, which job uses it, and when it is emptied.

<folder>/<fingerprint of a stage>/task-….saved
<folder>/<job>.lease    the job that uses the folder now
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from glowray.errors import CommitConflict
from glowray.io.commit.jobs import LEASE
from glowray.io.commit.lease import DEAD_SECONDS, Lease, Life
from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.location import Location
from glowray.io.saved.task_files import TaskFiles, task_of

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")

Listing = Mapping[str, Mapping[int, int]]
"""For each fingerprint, the tasks that are saved and how many objects each gave."""


class SavedFolder:
    """A folder of saved tasks, as this process uses it. All its flows with one path share it.

    It is emptied when all flows are closed, or when the process ends well. After an action that failed, or an error
    that ended the script, it stays for the next process.
    """

    def __init__(self, folder: Location, key: bytes) -> None:
        self.folder, self._key = folder, key
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._lease: Lease | None = None
        self._listing: Listing | None = None
        self._failed = 0
        self.users = 0

    @property
    def lease_place(self) -> Location:
        """The file that this process keeps in the folder while it uses it."""
        assert self._lease is not None, "the folder is used"
        return self.folder.at(self._lease.path)

    def files(self, fingerprint: str) -> TaskFiles:
        """Return the files of a stage."""
        return TaskFiles.of(self.folder, fingerprint, self._key)

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Use the folder for an action.

        Raises:
            CommitConflict: another job uses it.
        """
        self._enter()
        self._failed += 1
        try:
            yield
        except GeneratorExit:  # the reader of the rows has enough
            self._failed -= 1
            raise
        except BaseException:
            self._listing = None  # the next action may use what this one has saved
            raise
        self._failed -= 1

    def listing(self) -> Listing:
        """Return the tasks that earlier processes, and failed actions of this one, have saved.

        An action that ended well is no reason to leave out work in the next: without resume= it would run again too.
        """
        if self._listing is None:
            found: dict[str, dict[int, int]] = {}
            for info in self.folder.files.list(self.folder.path):
                *_, fingerprint, name = info.path.split("/")
                task = task_of(name)
                if task is not None and _FINGERPRINT.fullmatch(fingerprint):
                    found.setdefault(fingerprint, {})[task[0]] = task[1]
            self._listing = found
        return self._listing

    def close(self) -> None:
        """Let one flow go. After the last one, remove all that is saved, unless an action has failed."""
        self.users -= 1
        if self.users <= 0 and not self._failed:
            self.clear()

    def end(self) -> None:
        """Remove the saved outputs at the end of the process, if all runs succeeded."""
        if self._process == os.getpid() and not self._failed and "last_value" not in vars(sys):
            with contextlib.suppress(OSError):  # The next job that ends well removes it.
                self.clear()
        self.leave()

    def leave(self) -> None:
        """Stop using the folder, and keep the saved outputs."""
        if self._lease is not None and self._process == os.getpid():
            self._lease.stop()
            with contextlib.suppress(OSError):  # The process ends, and its lease with it.
                self.folder.files.delete(self._lease.path)
        self._lease = None

    def clear(self) -> None:
        """Remove all saved tasks, and the lease. Other files in the folder stay."""
        if self._lease is None:
            return
        files, path = self.folder.files, self.folder.path.rstrip("/")
        for info in list(files.list(path, recursive=False)):
            name = info.path.rstrip("/").rpartition("/")[2]
            if info.kind == "folder" and _FINGERPRINT.fullmatch(name):
                files.delete_folder(f"{path}/{name}")
                files.abort_uploads(f"{path}/{name}", lambda path: True)
        self._listing = None
        self.leave()

    def _enter(self) -> None:
        with self._lock:
            if self._lease is not None:
                return
            files, path = self.folder.files, self.folder.path.rstrip("/")
            lease = Lease(files, f"{path}/{uuid.uuid4().hex}{LEASE}")
            lease.begin()
            try:
                self._check_others(lease)
            except BaseException:
                lease.stop()
                files.delete(lease.path)
                raise
            self._lease = lease

    def _check_others(self, lease: Lease) -> None:
        files = self.folder.files
        others = [info.path for info in files.list(self.folder.path, recursive=False) if info.path.endswith(LEASE)]
        now = lease.now_ns()
        for path in others:
            if path == lease.path:
                continue
            life = lease.life_of(path, now)
            if life is Life.ALIVE:
                raise CommitConflict(f'another job uses resume="{self.folder}": give each job a folder of its own')
            if life is Life.UNKNOWN:
                raise CommitConflict(
                    f'a job on another machine used resume="{self.folder}" less than {DEAD_SECONDS} s ago, and may'
                    f" still run: wait {DEAD_SECONDS} s; or if it has surely ended, remove {files.describe(path)}"
                )
            files.delete(path)


_folders: dict[Location, SavedFolder] = {}


def saved_folder(path: str | os.PathLike[str], options: Mapping[str, Any] | None, key: bytes) -> SavedFolder:
    """Return the folder at a path, one object in this process however many flows use it.

    Raises:
        ValueError: the path's scheme, or an option, is unknown.
    """
    place = chosen(path, options)
    place = place.at(place.files.absolute(place.path))
    if place not in _folders:
        _folders[place] = SavedFolder(place, key)
        atexit.register(_folders[place].end)
    _folders[place].users += 1
    return _folders[place]
