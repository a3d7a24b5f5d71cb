"""Paths as users write them, expanded to files in a fixed order: files, folders, globs, or lists of them."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

Paths: TypeAlias = Annotated[
    str | os.PathLike[str] | Sequence[str | os.PathLike[str]], "a path, or a list of paths"
]  # fmt: skip

SUCCESS = "_SUCCESS"
TEMPORARY = "_temporary-"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PART = re.compile(r"part-(\d+)")


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: its absolute path, its name as the user spelt it, and its size in bytes.

    `folders` are the names of the folders between the path that the user gave and the file. Of a glob they begin with
    the first part that is a pattern: `data/year=*` → `("year=2013",)`.
    """

    path: str
    name: str
    size: int
    folders: tuple[str, ...] = ()


def expand(paths: Paths) -> list[File]:
    """Return the files that `paths` names.

    - A folder stands for every regular file below it. Names of files and subfolders that start with "_" or "." are
      skipped.
    - A glob (`*`, `?`, `[…]`, `**`) stands for the files that it matches. Unless it holds `**`, it also stands for all
      files in folders that it matches. A path that exists is never taken for a glob.
    - Files of one folder or glob are sorted by name, and part files by their number.
    - A list keeps its order, and a path that it holds twice is read twice.

    >>> [file.name for file in expand("/etc/passwd")]
    ['/etc/passwd']

    Raises:
        FileNotFoundError: a path matches nothing.
        ValueError: a path is neither a regular file nor a folder, or there is no path.
        TypeError: an argument is no path.
    """
    if not isinstance(paths, (str, os.PathLike, Iterable)):
        raise TypeError(f"paths must be a path, or a list of paths, not {paths!r}")
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if not given:
        raise ValueError("there is nothing to read: the list of paths is empty")
    return [_file(name, _root(path)) for path in given for name in _expand_one(path)]


def path_names(paths: Paths) -> list[str]:
    """Return the paths as the user wrote them, for a label."""
    return [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]


def local_path(path: str | os.PathLike[str]) -> str:
    """Return a path as a str, with "~" expanded and `file://` removed. Raises ValueError for another URL."""
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TypeError(f"a path must be a str or a pathlib.Path, not {path!r}")
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    elif _URL.match(text):
        raise ValueError(f'"{text}" is a URL: only files of this machine, or of a folder it shares, can be used')
    if not text:
        raise FileNotFoundError('"" is no path: it names nothing')
    return os.path.expanduser(text)


def in_part_order(name: str) -> tuple[str, ...]:
    """Return the sort key of a file name. It sorts folder by folder, and part-100000 after part-99999.

    >>> sorted(["d/part-100000", "d/part-99999"], key=in_part_order)
    ['d/part-99999', 'd/part-100000']
    """
    *folders, last = name.split(os.sep)
    return (*folders, _PART.sub(lambda match: f"part-{int(match[1]):020d}", last))


def _expand_one(path: str | os.PathLike[str]) -> list[str]:
    name = local_path(path)
    if os.path.lexists(name):
        return _files_at(name)
    if not glob.has_magic(name):
        raise FileNotFoundError(f'"{name}" does not exist')
    matches = sorted(glob.iglob(name, recursive=True), key=in_part_order)
    deep = "**" in Path(name).parts
    found = [match for match in matches if os.path.isfile(match) and not _own(match)]
    if not deep:
        found += [below for match in matches if os.path.isdir(match) and not _own(match) for below in _below(match)]
        found.sort(key=in_part_order)
    if not found:
        raise FileNotFoundError(f'"{name}" matches no file')
    return found


def _own(name: str) -> bool:
    """Return whether a path is a file of glowray's commit, which is never input even if a glob matches it."""
    return any(part == SUCCESS or part.startswith(TEMPORARY) for part in Path(name).parts)


def _files_at(name: str) -> list[str]:
    if not os.path.isdir(name):
        return [name]
    found = sorted(_below(name), key=in_part_order)
    if not found and not os.path.exists(os.path.join(name, SUCCESS)):
        raise FileNotFoundError(f'"{name}" holds no files (names that start with "_" or "." do not count)')
    return found


def _below(folder: str, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[str]:
    """Yield the regular files below a folder. Links to folders are followed, except those back to a folder above."""
    status = os.stat(folder)
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(("_", ".")):
                continue
            if entry.is_dir():
                yield from _below(entry.path, above | {here})
            elif entry.is_file():
                yield entry.path


def _root(path: str | os.PathLike[str]) -> str:
    """Return the folder below which the folders of a file count: the path itself, or a glob up to its first pattern."""
    name = local_path(path)
    if os.path.lexists(name):
        return name if os.path.isdir(name) else os.path.dirname(name)
    parts = name.split(os.sep)
    return os.sep.join(parts[: next(place for place, part in enumerate(parts) if glob.has_magic(part))])


def _file(name: str, root: str) -> File:
    status = os.stat(name)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f'"{name}" is not a regular file: what can be read only once is for from_channel()')
    folders = os.path.dirname(name)[len(root) :].split(os.sep)
    return File(os.path.abspath(name), name, status.st_size, tuple(filter(None, folders)))
