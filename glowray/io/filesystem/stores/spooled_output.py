"""Files that are written to a store in one upload."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import IO, Any

from glowray.io.filesystem.interface import Output


class SpooledOutput(Output):
    """Collects a file in the folder for temporary files, without a name. `close()` uploads it.

    No library has both a multipart upload that can be aborted and all stores. The file on disk costs little beside the
    network, and a process that dies leaves nothing.
    """

    def __init__(self, upload: Callable[[IO[bytes], str], None], path: str) -> None:
        self._upload, self._path = upload, path
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (open until close() or abort())

    def write(self, data: Any, /) -> int:
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        if self._file.closed:
            return
        with self._file:
            self._file.seek(0, os.SEEK_SET)
            self._upload(self._file, self._path)

    def abort(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed
