"""The package of a job: the folder of its script as a zip file, which Ray unpacks on the cluster."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from glowray.errors import ClusterError

MOST_FILES = 100_000
SHOWN = 3
MEBIBYTE = 1 << 20
CHUNK = MEBIBYTE
GITIGNORE_SWITCH = "RAY_RUNTIME_ENV_IGNORE_GITIGNORE"


@dataclass(frozen=True)
class Entry:
    """A file or an empty folder to send: its absolute path and its size in bytes."""

    path: Path
    size: int


@contextlib.contextmanager
def packed(folder: Path) -> Iterator[Path]:
    """Return a `with` block that gives a zip file of the files in `folder` that a job needs, and removes it.

    The entries are listed before the zip file is made. So the zip file never contains itself, even if TMPDIR lies
    inside `folder`.

    Raises ClusterError if the folder is too large, or holds a file that cannot be read.
    """
    entries = list_entries(folder)
    with tempfile.TemporaryDirectory(prefix="glowray-") as temporary:
        package = Path(temporary) / "folder.zip"
        with zipfile.ZipFile(package, "w") as archive:
            for entry in entries:
                _add(archive, entry, folder)
        yield package


def list_entries(folder: Path) -> list[Entry]:
    """Return the files and empty folders below `folder` that a job gets, in order of their paths.

    Files named in .gitignore and .rayignore stay here, as do Ray's own exclusions such as .venv. Sockets, pipes,
    devices and dangling links have no content to send. A link to a folder that contains the link is skipped.

    Raises ClusterError if there are more than MOST_FILES entries, or more bytes than Ray takes.
    """
    from ray._private.ray_constants import get_runtime_env_default_excludes
    from ray._private.runtime_env.packaging import GCS_STORAGE_MAX_SIZE
    from ray._private.thirdparty.pathspec import PathSpec

    usual = PathSpec.from_lines("gitwildmatch", get_runtime_env_default_excludes())
    walk = _walk(folder, folder, [lambda path: bool(usual.match_file(str(path.relative_to(folder))))], frozenset())
    entries: list[Entry] = []
    sizes: Counter[str] = Counter()  # bytes for each name in `folder`
    for entry in walk:
        entries.append(entry)
        sizes[entry.path.relative_to(folder).parts[0]] += entry.size
        if len(entries) > MOST_FILES:
            raise _too_large(folder, f"more than {MOST_FILES:,} files", f"{MOST_FILES:,} files", sizes)
    if sizes.total() >= GCS_STORAGE_MAX_SIZE:
        raise _too_large(folder, _mebibytes(sizes.total()), _mebibytes(GCS_STORAGE_MAX_SIZE), sizes)
    return entries


def _walk(
    folder: Path, root: Path, excludes: list[Callable[[Path], bool]], above: frozenset[tuple[int, int]]
) -> Iterator[Entry]:
    """Yield the entries of `root` that lie below `folder`. Skip paths for which one of `excludes` returns True.

    `above` has the device and inode numbers of the folders that contain `folder`.
    """
    from ray._private.runtime_env.packaging import get_excludes_from_ignore_files

    try:
        inside = sorted(folder.iterdir())
        details = folder.stat()
        use_gitignore = os.environ.get(GITIGNORE_SWITCH) != "1"
        excludes = [*excludes, *get_excludes_from_ignore_files(folder, include_gitignore=use_gitignore)]
    except FileNotFoundError:
        return  # removed meanwhile
    except OSError as error:
        # The pattern `data/` excludes what is in `data`, not `data` itself.
        if any(is_excluded(folder / "any") for is_excluded in excludes):
            return
        raise _unreadable(folder, root, error) from error
    if not inside:
        yield Entry(folder, 0)
    here = above | {(details.st_dev, details.st_ino)}
    for path in inside:
        if any(is_excluded(path) for is_excluded in excludes):
            continue
        try:
            details = path.stat()
        except OSError:
            continue  # a dangling link, a link to itself, or a file that was removed meanwhile
        if stat.S_ISREG(details.st_mode):
            yield Entry(path, details.st_size)
        elif stat.S_ISDIR(details.st_mode) and (details.st_dev, details.st_ino) not in here:
            yield from _walk(path, root, excludes, here)


def _add(archive: zipfile.ZipFile, entry: Entry, folder: Path) -> None:
    """Add an entry of `folder`: at most the bytes that it had when it was listed, as it may grow without end."""
    name = str(entry.path.relative_to(folder))
    try:
        name.encode()
        details = zipfile.ZipInfo.from_file(entry.path, name, strict_timestamps=False)
        if details.is_dir():
            archive.writestr(details, b"")
            return
        # O_NONBLOCK: a pipe that has taken the file's place meanwhile does not wait for a writer.
        with open(os.open(entry.path, os.O_RDONLY | os.O_NONBLOCK), "rb") as source, archive.open(details, "w") as copy:
            left = entry.size
            while left and (data := source.read(min(left, CHUNK))):
                copy.write(data)
                left -= len(data)
    except FileNotFoundError:
        return  # removed meanwhile
    except UnicodeEncodeError as error:
        raise ClusterError(f"the name of {entry.path!r} is not UTF-8, so it cannot be sent; rename the file") from error
    except OSError as error:
        raise _unreadable(entry.path, folder, error) from error


def _unreadable(path: Path, folder: Path, error: OSError) -> ClusterError:
    return ClusterError(
        f"a job gets the folder of its script, and {path} cannot be read ({error.strerror}); make it readable, or add "
        f"it to {folder / '.rayignore'}"
    )


def _too_large(folder: Path, found: str, most: str, sizes: Counter[str]) -> ClusterError:
    largest = ", ".join(f"{name} ({_mebibytes(size)})" for name, size in sizes.most_common(SHOWN))
    return ClusterError(
        f"a job gets the folder of its script, at most {most}, but {folder} holds {found}, most of it in {largest}; "
        f"add to {folder / '.rayignore'} what the job does not need, or move the script to a folder of its own"
    )


def _mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:,.1f} MiB"
