"""A commit to a folder of a store: parts have their final names at once, and `_SUCCESS` lists those that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glowray.errors import CommitConflict
from glowray.io.commit.claims import Claim, read_object, write_object
from glowray.io.commit.content import check_fields, check_mode, next_number, visible_names
from glowray.io.commit.place import Place
from glowray.io.commit.store_place import StorePlace
from glowray.io.commit.store_target import StoreTarget
from glowray.io.files.job_parts import job_of
from glowray.io.files.manifest import SUCCESS, Manifest
from glowray.io.files.paths import TEMPORARY
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part, SchemaSink, Sink

_JOBS = f"{TEMPORARY}jobs"

Signature = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Content:
    """The content of the folder. `files` are those that count, each with its size in bytes and time of change.

    `loose` are the parts that `_SUCCESS` does not list, each with its job: it runs, or has died.
    """

    manifest: Manifest | None = None
    files: dict[str, Signature] = field(default_factory=dict)
    loose: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int | None] = field(default_factory=dict)


class StoreFolderTarget(StoreTarget):
    """A folder of a store that a job writes into. `fields` name its hive folders; None if that does not matter."""

    is_one_file = False

    def __init__(
        self, location: Location, mode: str, job: str, extension: str, fields: tuple[str, ...] | None = None
    ) -> None:
        location = location.at(location.path.rstrip("/"))
        super().__init__(location, f"{location.path}/{_JOBS}", mode, job, extension)
        self._fields = fields
        self._before = Content()
        self._manifest = Manifest(job)
        self._old: list[str] = []
        self._parts: list[Part] = []

    @property
    def _root(self) -> str:
        return self.location.path

    @property
    def _uploads(self) -> str:
        return self.location.path

    def check(self) -> None:
        info = self.location.info()
        if info is not None and info.kind != "folder":
            raise FileExistsError(f'"{self.label}" is a file: give a folder, or single_file=True')
        content = self._content()
        if self._mode == "append":
            check_fields(self.label, content.files, self._fields)
        check_mode(self.label, content.files, self._mode, content.manifest)
        self._before = content

    def _begin(self) -> Place:
        self.check()
        first = next_number(self._before.files) if self._mode == "append" else 0
        return StorePlace(self.files, self._root, self._job, self._extension, first)

    def kept(self) -> list[Location]:
        names = visible_names(self._before.files) if self._mode == "append" else []
        return [self.location.at(f"{self._root}/{name}") for name in names]

    def stage(self, parts: Sequence[Part], sink: Sink) -> tuple[int, int]:
        """Make the new `_SUCCESS`. Return the number of new files and their bytes."""
        kept = self._before.manifest if self._mode == "append" else None
        self._old, self._parts = self._outdated(kept, parts, sink), list(parts)
        new = self._new_names(parts)
        stay = [name for name in (kept.files if kept else ()) if name not in self._old]
        self._manifest = Manifest(self._job, (*stay, *new))
        return len(new), sum(part.bytes for part in parts)

    def verify(self) -> None:
        now = self._content()
        if now.files != self._before.files or now.manifest != self._before.manifest or not self._jobs.is_held():
            raise self._conflict()
        self._loose = {name: job for name, job in now.loose.items() if name not in self._manifest.files}
        start = len(self._root) + 1
        for part in self._parts:
            if part.names is None and now.sizes.get(part.path[start:]) != part.bytes:
                raise CommitConflict(f'"{self.files.describe(part.path)}" is gone or changed: nothing was written')

    def _state(self) -> str:
        return "none" if self._before.manifest is None else self._before.manifest.job

    def _claim(self) -> Claim:
        decided = None if self._group is None else self._group.path
        return Claim(self._job, self._success, self._manifest.encode().decode(), decided=decided)

    def _has_changed(self) -> bool:
        return self._read_manifest() != self._before.manifest

    def _write(self) -> None:
        try:
            write_object(self.files, self._success, self._manifest.encode())
        except OSError:
            self.leave_to_next()  # It may be written all the same. An error of the next line leaves that open.
            if self._read_manifest() != self._manifest:
                self._is_left = self._group is not None
                raise

    def _own_files(self) -> dict[str, str]:
        return self._content().loose

    def _replaced(self) -> list[str]:
        return self._old

    @property
    def _success(self) -> str:
        return f"{self._root}/{SUCCESS}"

    def _read_manifest(self) -> Manifest | None:
        data = read_object(self.files, self._success)
        return None if data is None else Manifest.decode(data)

    def _content(self) -> Content:
        manifest = self._read_manifest()
        listed = frozenset(manifest.files if manifest else ())
        start = len(self._root) + 1
        content = Content(manifest)
        for info in self.files.list(self._root):
            name = info.path[start:]
            content.sizes[name] = info.size
            job = job_of(name)
            if name.startswith(TEMPORARY):
                continue
            if job is None or name in listed:
                content.files[name] = info.size, info.mtime_ns
            else:
                content.loose[name] = job
        return content

    def _outdated(self, kept: Manifest | None, parts: Sequence[Part], sink: Sink) -> list[str]:
        """Return the files to remove: all files to overwrite; to append, glowray's files without rows that give way."""
        if self._mode == "overwrite":
            return sorted(self._before.files.keys() - {SUCCESS})
        if kept is None or not parts or not isinstance(sink, SchemaSink):
            return []
        there = [name for name in kept.files if name in self._before.files]
        return [name for name in there if sink.gives_way(self.location.at(f"{self._root}/{name}"))]

    def _new_names(self, parts: Sequence[Part]) -> list[str]:
        """Return the name of every new file. Files that rows name are in folders named as parts are."""
        start = len(self._root) + 1
        taken = {_users_name(name): name for name in self._before.files} if self._mode == "append" else {}
        new, named = [], set()
        for part in parts:
            for name in part.names or ():
                if name in named:
                    raise ValueError(f'two rows are to be written to the one file "{name}"')
                if name in taken:
                    raise FileExistsError(f'"{self.label}/{taken[name]}" is there already')
                named.add(name)
            own = part.path[start:]
            new += [own] if part.names is None else [f"{own}/{name}" for name in part.names]
        return new


def _users_name(name: str) -> str:
    """Return the name that a row gave its file, without the folder of its part."""
    return name.partition("/")[2] if job_of(name) is not None and "/" in name else name
