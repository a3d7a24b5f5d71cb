"""The files of a stage's tasks: the report of a task and the objects that it gave, as signed records.

<folder>/task-000017-2.saved    task 17 gave two objects

A file is written whole or not at all, and two attempts at a task may write it at the same time. Its records are the
report, the pickle of each object followed by its buffers, and END. A record is checked before it is unpickled.
"""

from __future__ import annotations

import hmac
import pickle
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from glowray.errors import DamagedFile
from glowray.io.checkpoint import END, HEADER, signature
from glowray.io.filesystem.location import Location
from glowray.rows.objects.pickling import dumps, loads

_NAME = re.compile(r"task-(\d{6,})-(\d+)\.saved")
_COUNT = struct.Struct("<Q")  # how many buffers follow the pickle of an object


@dataclass(frozen=True)
class TaskFiles:
    """The files of one stage. The key signs them; it differs from stage to stage, so files cannot be exchanged."""

    folder: Location
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, folder: Location, fingerprint: str, key: bytes) -> TaskFiles:
        """Return the files of the stage with a fingerprint, in a folder below the given one."""
        return cls(
            folder.at(f"{folder.path.rstrip('/')}/{fingerprint}"), hmac.digest(key, fingerprint.encode(), "sha256")
        )

    def write(self, task: int, report: object, stored: Sequence[Any]) -> None:
        """Write the file of a task.

        Raises:
            OSError: the file cannot be written.
        """
        place = self._place(task, len(stored))
        with place.files.open_output(place.path) as file:
            for number, data in enumerate(_records(report, stored)):
                signed = HEADER.pack(_size(data), signature(self.key, task, number, data))
                file.write(signed)
                file.write(data)

    def read_report(self, task: int, outputs: int) -> Any:
        """Return the report of a task that gave `outputs` objects.

        Raises:
            DamagedFile: the file is not as this user's job has written it.
        """
        with _Records(self, task, outputs) as records:
            return loads(records.next())

    def read(self, task: int, outputs: int) -> tuple[Any, list[Any]]:
        """Return the report of a task, and its objects.

        Raises:
            DamagedFile: the file is not as this user's job has written it.
        """
        with _Records(self, task, outputs) as records:
            report = loads(records.next())
            stored = [_object(records) for _ in range(outputs)]
            records.expect_end()
        return report, stored

    def _place(self, task: int, outputs: int) -> Location:
        return self.folder.at(f"{self.folder.path}/task-{task:06d}-{outputs}.saved")


def task_of(name: str) -> tuple[int, int] | None:
    """Return (task, number of its objects) of a file's name, None for another name.

    >>> task_of("task-000017-2.saved")
    (17, 2)
    """
    found = _NAME.fullmatch(name)
    return None if found is None else (int(found[1]), int(found[2]))


def _records(report: object, stored: Iterable[Any]) -> Iterator[Any]:
    yield dumps(report)
    for each in stored:
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(each, protocol=5, buffer_callback=buffers.append)
        yield _COUNT.pack(len(buffers)) + data
        for buffer in buffers:
            yield buffer.raw()
    yield END


def _size(data: bytes | memoryview) -> int:
    return data.nbytes if isinstance(data, memoryview) else len(data)


def _object(records: _Records) -> Any:
    data = records.next()
    (count,) = _COUNT.unpack(data[: _COUNT.size])
    buffers = [records.next() for _ in range(count)]
    return pickle.loads(memoryview(data)[_COUNT.size :], buffers=buffers)


class _Records:
    """Reads the records of a file in order, and checks each."""

    def __init__(self, files: TaskFiles, task: int, outputs: int) -> None:
        self.key, self.task = files.key, task
        self.path = files._place(task, outputs)
        self.number = 0

    def __enter__(self) -> _Records:
        self.source = self.path.open()
        self.left = self.source.size()
        self.file: BinaryIO = self.source.buffered()
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        self.source.close()

    def next(self) -> bytes:
        header = self.file.read(HEADER.size)
        self.left -= len(header)
        length, signed = HEADER.unpack(header) if len(header) == HEADER.size else (self.left + 1, b"")
        if length > self.left:
            raise DamagedFile(f"{self.path} is cut short: remove the folder that resume= names, and run the job again")
        data = self.file.read(length)
        self.left -= length
        if not hmac.compare_digest(signed, signature(self.key, self.task, self.number, data)):
            raise DamagedFile(
                f"{self.path} was not saved by this user, or has changed since: remove the folder that resume= names,"
                " and run the job again"
            )
        self.number += 1
        return data

    def expect_end(self) -> None:
        if self.next() != END:
            raise DamagedFile(f"{self.path} holds more than its name says")
