"""A commit to one file: the rows of all parts become visible at once, or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Sequence

from glowray.errors import CommitConflict
from glowray.io.commit.place import DiskPlace, Place
from glowray.io.commit.target import DiskTarget
from glowray.io.files.folders import lock_path, make_folders, owner_is_dead, remove, write_owner
from glowray.io.files.paths import TEMPORARY
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part, Sink

# The errors of a file system that has no hard links, or allows no more of them for a file.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


class FileTarget(DiskTarget):
    """A file on disk that a job writes. Temporary files are in a folder beside it.

    The job locks a file that exists.
    """

    is_one_file = True

    def __init__(self, path: str, mode: str, job: str) -> None:
        self._parent, self._name = os.path.split(path)
        super().__init__(path, mode, os.path.join(self._parent, f"{TEMPORARY}{self._name}-{job}"))
        self._before: tuple[int, int, int] | None = None
        self._joined = os.path.join(self._temporary, "joined")
        self._kept = os.path.join(self._temporary, "old")

    def check(self) -> None:
        self._check_content()
        lock = lock_path(self.path)
        if lock is not None:
            os.close(lock)

    def begin(self) -> Place:
        try:
            self._made = make_folders(self._parent)
            self._recover()
            self._check_content()
            self._before = self._signature()
            self._lock = lock_path(self.path)
            os.mkdir(self._temporary)
            write_owner(self._temporary)
        except BaseException:
            self.release()
            raise
        return DiskPlace(self._temporary)

    def kept(self) -> list[Location]:
        """Return the file that rows are appended to, if it exists and is not empty."""
        is_kept = self._mode == "append" and self._before is not None and os.path.getsize(self.path)
        return [Location(self.path)] if is_kept else []

    def stage(self, parts: Sequence[Part], sink: Sink) -> tuple[int, int]:
        """Join the parts in a temporary file, and keep the existing file under a second name.

        Returns the number of files, 1, and their bytes.
        """
        self.verify()
        keep = self._mode == "append" and self._before is not None
        sink.join(self.path if keep else None, parts, self._joined)
        if self._before is not None:
            _keep(self.path, self._kept)
            shutil.copymode(self.path, self._joined)
        self._is_staged = True
        return 1, os.path.getsize(self._joined)

    def verify(self) -> None:
        """Raise CommitConflict if another process changed the file since `begin()`."""
        if self._signature() != self._before:
            raise CommitConflict(f'"{self.path}" changed while the job ran: nothing was written')

    def put(self) -> None:
        """Give the joined file its name, in one step."""
        if self._before is None:
            self._create()
        else:
            os.replace(self._joined, self.path)

    def finish(self) -> None:
        """Do nothing: the file is complete as soon as it exists."""

    def undo(self) -> None:
        """Bring back the file as it was. The files that exist show whether `put()` has run."""
        if not self._is_staged:
            return
        left = os.path.exists(self._joined)
        if self._before is not None:
            if not left:
                os.replace(self._kept, self.path)
        elif os.path.exists(self.path) and (not left or os.path.samefile(self._joined, self.path)):
            os.unlink(self.path)

    def _check_content(self) -> None:
        if not os.path.lexists(self.path):
            return
        if os.path.isdir(self.path):
            raise FileExistsError(f'"{self.path}" is a folder: give the path of a file')
        if not stat.S_ISREG(os.stat(self.path).st_mode):
            raise FileExistsError(f'"{self.path}" is not a regular file: it cannot be replaced')
        if self._mode == "error" and os.path.getsize(self.path):
            raise FileExistsError(f'"{self.path}" is there already: choose another, mode="overwrite" or "append"')

    def _signature(self) -> tuple[int, int, int] | None:
        """Return values that change when the file is written, None if there is no file."""
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _create(self) -> None:
        """Give the new file its name, unless another process took it. A link never replaces a file."""
        try:
            os.link(self._joined, self.path)
        except FileExistsError:
            raise CommitConflict(f'"{self.path}" was made while the job ran: nothing was written') from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.rename(self._joined, self.path)

    def _recover(self) -> None:
        """Remove the temporary files of jobs that died on this machine."""
        ours = re.compile(re.escape(f"{TEMPORARY}{self._name}-") + r"[0-9a-f]{32}(\.removed)?")
        for name in sorted(filter(ours.fullmatch, os.listdir(self._parent))):
            left = os.path.join(self._parent, name)
            if owner_is_dead(left):
                remove(left)


def _keep(path: str, kept: str) -> None:
    """Give a file a second name, which keeps its content when the first name is given to another file."""
    try:
        os.link(path, kept)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(path, kept)
