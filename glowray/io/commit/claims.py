"""Claims: which job replaces the content of a target. Each is an object that can be created only once."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass

from glowray.io.filesystem.interface import FileSystem

_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Claim:
    """An object that a job writes when it commits: at `path`, with `text` as its content or a copy of `source`.

    If outputs of one run become visible together, `decided` is the path of an object that lists their claims. The
    claims count as soon as this object exists.
    """

    job: str
    path: str
    text: str | None = None
    source: str | None = None
    decided: str | None = None

    def encode(self) -> bytes:
        return json.dumps(asdict(self), indent=0).encode()

    @classmethod
    def decode(cls, data: bytes) -> Claim:
        return cls(**json.loads(data))

    def carry_out(self, files: FileSystem) -> None:
        """Write the object. It may be written already."""
        if self.text is not None:
            write_object(files, self.path, self.text.encode())
        elif self.source is not None:
            copy_object(files, self.source, self.path)


def read_object(files: FileSystem, path: str) -> bytes | None:
    """Return the content of an object, None if there is none."""
    try:
        with files.open_input(path) as file:
            return file.read() or b""
    except FileNotFoundError:
        return None


def write_object(files: FileSystem, path: str, data: bytes) -> None:
    """Write an object, in place of one that is there."""
    with files.open_output(path) as file:
        file.write(data)


def copy_object(files: FileSystem, source: str, path: str) -> None:
    """Copy an object through this process."""
    with files.open_input(source) as old, files.open_output(path) as new:
        shutil.copyfileobj(old.buffered(), new, _COPY_BYTES)


def carry_out_all(files: FileSystem, decided: str) -> None:
    """Carry out the claims that are left of the decision at the path `decided`, then delete it."""
    found = read_object(files, decided)
    for path in () if found is None else json.loads(found):
        data = read_object(files, path)
        claim = None if data is None else Claim.decode(data)
        if claim is not None and claim.decided == decided:
            claim.carry_out(files)
            files.delete(path)
    files.delete(decided)
