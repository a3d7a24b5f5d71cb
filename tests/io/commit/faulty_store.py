"""A store in memory, at `faulty://`, whose calls fail or end the job on purpose. Its clock only runs when told to."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import pytest

from glowray.io.commit.lease import DEAD_SECONDS, Lease, Life
from glowray.io.filesystem import chosen
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.globs import is_visible
from glowray.io.filesystem.interface import FileSystem, Input, Output

SECOND = 10**9


class Died(BaseException):
    """The process is gone: no handler can do anything in the store any more."""


@dataclass
class Store:
    """The objects by path, each with its time of change. `fault` is called with each call's number and name."""

    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    now_ns: int = SECOND
    calls: list[str] = field(default_factory=list)
    is_dead: bool = False
    before: Callable[[int, str], None] = lambda number, name: None
    after: Callable[[int, str], None] = lambda number, name: None

    def clear(self) -> None:
        """Begin a new store."""
        self.__init__()  # type: ignore[misc]

    def restart(self) -> None:
        """Let calls work again, as those of another process do. Minutes have passed."""
        self.is_dead, self.before, self.after = False, Store.before, Store.after
        self.calls.clear()
        self.now_ns += 600 * SECOND

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        """Carry out one call, with its faults."""
        if self.is_dead:
            raise Died
        self.calls.append(name)
        number = len(self.calls)
        self.before(number, name)
        result = act()
        self.after(number, name)
        return result

    def put(self, path: str, data: bytes) -> None:
        """Write an object. Each gets another time."""
        self.now_ns += SECOND
        self.objects[path] = data, self.now_ns

    def die_after(self, start: str, end: str) -> None:
        """End the process after the first call whose name begins and ends so."""

        def fault(place: int, name: str) -> None:
            if name.startswith(start) and name.endswith(end):
                self.is_dead = True
                raise Died

        self.after = fault

    def fail_at(self, number: int, how: str) -> None:
        """Let one call fail, or end the process at it: `how` is "fail before", "fail after", "die before", …"""
        kind, _, moment = how.partition(" ")

        def fault(place: int, name: str) -> None:
            if place == number:
                self.is_dead = kind == "die"
                raise Died if kind == "die" else OSError(f"the store failed in {name}")

        if moment == "before":
            self.before = fault
        else:
            self.after = fault


STORE = Store()


class _Content(io.BytesIO, Input):
    def size(self) -> int:
        return len(self.getbuffer())


class _Output(Output):
    def __init__(self, path: str) -> None:
        self._path, self._data, self._is_closed = path, io.BytesIO(), False

    def write(self, data: Any, /) -> int:
        return self._data.write(data)

    def tell(self) -> int:
        return self._data.tell()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            STORE.call(f"put {self._path}", lambda: STORE.put(self._path, self._data.getvalue()))

    def abort(self) -> None:
        self._is_closed = True

    @property
    def closed(self) -> bool:
        return self._is_closed


@dataclass(frozen=True)
class FaultyFiles(FileSystem):
    """The file system of `faulty://`."""

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[FaultyFiles, str]:
        return cls(), url

    @property
    def creates_once(self) -> bool:
        return True

    def info(self, path: str) -> FileInfo | None:
        return STORE.call(f"info {path}", lambda: self._info(path))

    def _info(self, path: str) -> FileInfo | None:
        if path in STORE.objects:
            data, moment = STORE.objects[path]
            return FileInfo(path, len(data), "file", moment)
        is_folder = any(key.startswith(path.rstrip("/") + "/") for key in STORE.objects)
        return FileInfo(path, 0, "folder") if is_folder else None

    def list(self, folder: str, *, recursive: bool = True, visible: bool = False) -> Iterator[FileInfo]:
        start = folder.rstrip("/") + "/"
        found = STORE.call(f"list {folder}", lambda: [key for key in sorted(STORE.objects) if key.startswith(start)])
        infos = (self._info(key) for key in found if not (visible and not is_visible(key, start)))
        return (info for info in infos if info is not None)

    def open_input(self, path: str, seen: FileInfo | None = None) -> Input:
        return _Content(STORE.call(f"get {path}", lambda: self._read(path)))

    def _read(self, path: str) -> bytes:
        if path not in STORE.objects:
            raise FileNotFoundError(f'"{path}" does not exist')
        return STORE.objects[path][0]

    def open_output(self, path: str) -> Output:
        return _Output(path)

    def upload(self, content: IO[bytes], path: str) -> None:
        with self.open_output(path) as file:
            file.write(content.read())

    def create(self, path: str, data: bytes) -> None:
        if self.creates_once:
            STORE.call(f"create {path}", lambda: self._create(path, data))
            return
        if self.info(path) is not None:
            raise FileExistsError(f'"{path}" is there already')
        STORE.call(f"put {path}", lambda: STORE.put(path, data))

    def _create(self, path: str, data: bytes) -> None:
        if path in STORE.objects:
            raise FileExistsError(f'"{path}" is there already')
        STORE.put(path, data)

    def delete(self, path: str) -> None:
        STORE.call(f"delete {path}", lambda: STORE.objects.pop(path, None))

    def delete_folder(self, path: str) -> None:
        for info in list(self.list(path)):
            self.delete(info.path)

    def rename(self, old: str, new: str) -> None:
        raise OSError(f'"{old}" cannot be renamed')


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve faulty:// by an empty store."""
    monkeypatch.setitem(sys.modules, "glowray.io.filesystem.stores.faulty_store", sys.modules[__name__])
    monkeypatch.setitem(chosen._CLASSES, "faulty", ("faulty_store", "FaultyFiles"))
    STORE.clear()
    yield
    STORE.clear()


@pytest.fixture(params=["creates once", "overwrites"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store refuse to create a file twice, or not."""
    if request.param == "overwrites":
        monkeypatch.setattr(FaultyFiles, "creates_once", False)


class OfOtherMachines:
    """Makes the jobs of this process look to each other as those of other machines do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def life_of(own: Lease, path: str, now_ns: int | None) -> Life:
            info = own.files.info(path)
            if info is None:
                return Life.DEAD
            assert now_ns is not None and info.mtime_ns is not None
            return Life.UNKNOWN if now_ns - info.mtime_ns < DEAD_SECONDS * SECOND else Life.DEAD

        monkeypatch.setattr(Lease, "life_of", life_of)
