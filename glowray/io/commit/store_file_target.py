"""A commit to one file of a store: tasks write parts beside it, the driver joins them and writes the file at once."""

from __future__ import annotations

import os
from collections.abc import Sequence

from glowray.io.commit.claims import Claim
from glowray.io.commit.place import Place
from glowray.io.commit.store_place import StorePlace, download, upload
from glowray.io.commit.store_target import StoreTarget
from glowray.io.files.folders import remove
from glowray.io.files.job_parts import job_of, part_name
from glowray.io.files.paths import TEMPORARY
from glowray.io.files.scratch import make_scratch
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part, Sink


class StoreFileTarget(StoreTarget):
    """A file of a store that a job writes. The parts of tasks are in a folder beside it, which readers skip."""

    is_one_file = True

    def __init__(self, location: Location, mode: str, job: str, extension: str) -> None:
        location = location.at(location.path.rstrip("/"))
        parent, _, name = location.path.rpartition("/")
        self._folder = f"{parent}/{TEMPORARY}{name}"
        super().__init__(location, self._folder, mode, job, extension)
        self._before: FileInfo | None = None
        self._scratch = ""
        self._kept: list[Location] = []
        self._size = 0

    @property
    def _root(self) -> str:
        return self._folder

    @property
    def _uploads(self) -> str:
        return self.location.path.rpartition("/")[0]

    def check(self) -> None:
        info = self.location.info()
        if info is not None and info.kind != "file":
            raise FileExistsError(f'"{self.label}" is a folder: give the path of a file')
        if info is not None and self._mode == "error" and info.size:
            raise FileExistsError(f'"{self.label}" is there already: choose another, mode="overwrite" or "append"')
        self._before = info

    def _begin(self) -> Place:
        self.check()
        self._scratch = make_scratch()
        return StorePlace(self.files, self._root, self._job, self._extension)

    def kept(self) -> list[Location]:
        """Return a copy of the file that rows are appended to, if it exists and is not empty."""
        if not self._kept and self._mode == "append" and self._before is not None and self._before.size:
            copy = os.path.join(self._scratch, f"kept-{self.location.path.rpartition('/')[2]}")
            download(self.files, self.location.path, copy)
            self._kept = [Location(copy)]
        return self._kept

    def stage(self, parts: Sequence[Part], sink: Sink) -> tuple[int, int]:
        """Join the parts in a file on this machine. Return the number of files, 1, and its bytes."""
        place = StorePlace(self.files, self._root, self._job, self._extension)
        here = [place.fetch(part, self._scratch) for part in parts]
        sink.join(self.kept()[0].path if self.kept() else None, here, self._joined)
        for part in here:
            remove(part.path)
        self._size = os.path.getsize(self._joined)
        return 1, self._size

    def verify(self) -> None:
        if self._has_changed() or not self._jobs.is_held():
            raise self._conflict()
        self._loose = self._own_files()

    def put(self) -> None:
        if self._group is not None:
            upload(self.files, self._joined, self._staged)
        super().put()

    def _state(self) -> str:
        return "none" if self._before is None else f"{self._before.size}-{self._before.mtime_ns}"

    def _claim(self) -> Claim:
        if self._group is None:
            return Claim(self._job, self.location.path)
        return Claim(self._job, self.location.path, source=self._staged, decided=self._group.path)

    def _has_changed(self) -> bool:
        return self.location.info() != self._before

    def _write(self) -> None:
        try:
            upload(self.files, self._joined, self.location.path)
        except OSError:
            self.leave_to_next()  # It may be written all the same. An error of the next line leaves that open.
            info = self.location.info()
            if info is None or info == self._before or info.size != self._size:
                self._is_left = self._group is not None
                raise

    def _own_files(self) -> dict[str, str]:
        start = len(self._root) + 1
        found = (info.path[start:] for info in self.files.list(self._root))
        return {name: job for name in found if (job := job_of(name)) is not None}

    def _replaced(self) -> list[str]:
        return [] if self._group is None else [self._staged_name]

    def _is_dead_upload(self, path: str, dead: set[str]) -> bool:
        return super()._is_dead_upload(path, dead) or (self._jobs.has_settled and path == self.location.path)

    def _drop(self) -> None:
        if self._scratch:
            remove(self._scratch)

    @property
    def _joined(self) -> str:
        return os.path.join(self._scratch, "joined")

    @property
    def _staged(self) -> str:
        """The path of the whole file beside the target, for the job that must finish the commit of this one."""
        return f"{self._root}/{self._staged_name}"

    @property
    def _staged_name(self) -> str:
        return part_name(0, self._job, "f" * 8, 0, ".whole")
