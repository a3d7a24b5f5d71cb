"""The base of file systems that are reached over a network: errors without credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, NoReturn

from glowray.errors import GlowrayError
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.interface import FileSystem
from glowray.io.filesystem.options import HiddenOptions

_REFUSED = re.compile(r"ACCESS_DENIED|AccessDenied|Forbidden|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT|\b40[13]\b")


def is_refusal(text: str) -> bool:
    """Return whether a store says that it refuses a request, and would refuse it again."""
    return _REFUSED.search(text) is not None


@dataclass(frozen=True)
class RemoteFiles(FileSystem):
    """A file system that is opened with options. `root` is the start of its URLs: `s3://`."""

    root: str
    options: HiddenOptions = field(default_factory=HiddenOptions)

    errors: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    """The classes of the library's errors for a store that fails or refuses."""

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
        kind = PermissionError if isinstance(error, PermissionError) or is_refusal(text) else OSError
        return kind(f'"{self.describe(path)}": {self._explained(text, kind)}')

    def _explained(self, text: str, kind: type[OSError]) -> str:
        """Return the text of a library's error as users see it, with what they can do."""
        return text

    def check_same(self, path: str, seen: FileInfo | None, now: FileInfo | None) -> None:
        """Raise GlowrayError if a file was replaced since its facts were `seen`."""
        if seen is not None and (now is None or not seen.is_same_content(now)):
            self.changed(path)

    def changed(self, path: str) -> NoReturn:
        """Raise the error of a file that was replaced while it was read."""
        raise GlowrayError(
            f'"{self.describe(path)}" changed while the job read it, and its rows would be a mix: read it again'
        )

    def create(self, path: str, data: bytes) -> None:
        # Stores without a create-only request cannot do better: another process may write between these two steps.
        if self.info(path) is not None:
            raise FileExistsError(f'"{self.describe(path)}" is there already')
        with self.open_output(path) as file:
            file.write(data)

    def rename(self, old: str, new: str) -> None:
        raise OSError(f'"{self.describe(old)}" cannot be renamed: its store has no rename')
