"""The base of file systems that are reached over a network: errors without credentials, files in one upload."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, ClassVar

from glowray.io.filesystem.interface import FileSystem, Output
from glowray.io.filesystem.options import HiddenOptions

_REFUSED = re.compile(r"ACCESS_DENIED|AccessDenied|Forbidden|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT|\b40[13]\b")


@dataclass(frozen=True)
class RemoteFiles(FileSystem):
    """A file system that is opened with options. `root` is the start of its URLs: `s3://`."""

    root: str
    options: HiddenOptions = field(default_factory=HiddenOptions)

    errors: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    """What the library raises for a store that fails or refuses."""

    @contextmanager
    def naming(self, path: str) -> Iterator[None]:
        """Raise the library's errors as OSErrors that name the path and hold no credentials."""
        try:
            yield
        except FileNotFoundError:
            found: OSError = FileNotFoundError(f'"{self.describe(path)}" does not exist')
        except FileExistsError:
            found = FileExistsError(f'"{self.describe(path)}" is there already')
        except self.errors as error:
            found = self._error(path, error)
        else:
            return
        raise found from None

    def _error(self, path: str, error: Exception) -> OSError:
        text = self.options.without_secrets(str(error) or type(error).__name__)
        kind = PermissionError if isinstance(error, PermissionError) or _REFUSED.search(text) else OSError
        return kind(f'"{self.describe(path)}": {text}')

    def rename(self, old: str, new: str) -> None:
        raise OSError(f'"{self.describe(old)}" cannot be renamed: its store has no rename')


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
