"""Paths as users write them, expanded to files in a fixed order: files, folders, globs, URLs, or lists of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, TypeAlias

from glowray.arguments import StorageOptions
from glowray.errors import GlowrayError
from glowray.io.files.job_parts import without_unlisted
from glowray.io.files.manifest import SUCCESS
from glowray.io.filesystem.chosen import chosen, is_url
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.globs import fixed_folder, has_magic
from glowray.io.filesystem.location import Location

Paths: TypeAlias = Annotated[
    str | os.PathLike[str] | Sequence[str | os.PathLike[str]], "a path, or a list of paths"
]  # fmt: skip

TEMPORARY = "_temporary-"

_PART = re.compile(r"part-(\d+)")


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: where it is, its name as the user spelt it, and its size in bytes.

    The size is 0 if the store does not tell it. A file without ranges (`has_ranges`) can only be read as a whole.
    `folders` are the names of the folders between the path that the user gave and the file. They include the parts of
    a glob from the first pattern on: `data/year=*` → `("year=2013",)`.
    """

    location: Location
    name: str
    size: int
    folders: tuple[str, ...] = ()
    has_ranges: bool = True


def expand(paths: Paths, options: StorageOptions = None) -> list[File]:
    """Return the files that `paths` names.

    - A folder stands for every regular file below it. Names of files and subfolders that start with "_" or "." are
      skipped.
    - A glob (`*`, `?`, `[…]`, `**`) stands for the files that it matches. Unless it holds `**`, it also stands for all
      files in folders that it matches. A path that exists is never taken for a glob.
    - Files of one folder or glob are sorted by name, and part files by their number.
    - Part files with the id of a job count only if the `_SUCCESS` of their folder lists them.
    - A list keeps its order, and a path that it holds twice is read twice.
    - `options` are the `storage_options` of URLs.

    >>> [file.name for file in expand("/etc/passwd")]
    ['/etc/passwd']

    Raises:
        FileNotFoundError: a path matches nothing.
        ValueError: a path is neither a regular file nor a folder, or there is no path.
        TypeError: an argument is no path.
        OSError: a store cannot be reached.
    """
    if not isinstance(paths, (str, os.PathLike, Iterable)):
        raise TypeError(f"paths must be a path, or a list of paths, not {paths!r}")
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if not given:
        raise ValueError("there is nothing to read: the list of paths is empty")
    return [file for path in given for file in _expand_one(chosen(path, options))]


def path_names(paths: Paths, options: StorageOptions = None) -> list[str]:
    """Return the paths as the user wrote them, without credentials, for a label."""
    given = [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    return [str(chosen(path, options)) if is_url(path) else path for path in given]


def in_part_order(name: str) -> str:
    """Return the sort key of a file name. It sorts folder by folder, and part-100000 after part-99999.

    "/" becomes the least character, so the key sorts as a tuple of the names would, and takes a third of its memory.

    >>> sorted(["d/part-100000", "d/part-99999"], key=in_part_order)
    ['d/part-99999', 'd/part-100000']
    """
    folder, slash, last = name.rpartition("/")
    if "part-" in last:
        last = _PART.sub(lambda match: f"part-{int(match[1]):020d}", last)
    return f"{folder}{slash}{last}".replace("/", "\0")


def _expand_one(place: Location) -> list[File]:
    info = place.info()
    if info is None and not (place.files.has_globs and has_magic(place.path)):
        raise FileNotFoundError(f'"{place}" does not exist{place.files.why_missing(place.path)}')
    if info is not None and info.kind == "other":
        raise ValueError(f'"{place}" is not a regular file: what can be read only once is for from_channel()')
    folder = _folder(place, info)
    known: dict[str, tuple[str, ...]] = {}
    return [_file(found, place, folder, known) for found in sorted(_found(place, info), key=_sort_key)]


def _folder(place: Location, info: FileInfo | None) -> str:
    """Return the folder below which the folders of a file count: the path itself, or a glob up to its first pattern."""
    if info is None:
        return fixed_folder(place.path)
    return place.path.rstrip("/") if info.kind == "folder" else place.path.rpartition("/")[0]


def _found(place: Location, info: FileInfo | None) -> list[FileInfo]:
    """Return the files that a path stands for. A job that replaces an output meanwhile makes it be listed again."""
    for _ in range(2):
        found, missing = without_unlisted(_listed(place, info), place)
        if not missing:
            break
    else:
        name = place.files.describe(min(missing))
        raise GlowrayError(f'"{name}" is listed in {SUCCESS} but is not there: another job may be replacing it')
    if not found and not (info is not None and info.kind == "folder" and _is_written(place)):
        raise FileNotFoundError(_nothing(place, info))
    return found


def _listed(place: Location, info: FileInfo | None) -> list[FileInfo]:
    if info is None:
        return [found for found in place.files.glob(place.path) if not _own(found.path)]
    return list(place.files.list(place.path, visible=True)) if info.kind == "folder" else [info]


def _is_written(folder: Location) -> bool:
    return folder.at(f"{folder.path.rstrip('/')}/{SUCCESS}").info() is not None


def _nothing(place: Location, info: FileInfo | None) -> str:
    if info is None:
        return f'"{place}" matches no file{place.files.why_missing(place.path)}'
    if info.kind == "folder":
        return f'"{place}" holds no files (names that start with "_" or "." do not count, nor parts of unfinished jobs)'
    return f'"{place}" is a part of a job that has not finished: no {SUCCESS} lists it'


def _own(path: str) -> bool:
    """Return whether a path is a file of glowray's commit, which is never input even if a glob matches it."""
    return any(part == SUCCESS or part.startswith(TEMPORARY) for part in path.split("/"))


def _sort_key(info: FileInfo) -> str:
    return in_part_order(info.path)


def _file(info: FileInfo, place: Location, folder: str, known: dict[str, tuple[str, ...]]) -> File:
    """Return a file that was listed. `known` has the names of folders, which the files of a folder share."""
    location = replace(place.at(place.files.absolute(info.path)), seen=None if place.files.is_local else info)
    below = info.path.rpartition("/")[0][len(folder) :]
    if below not in known:
        known[below] = tuple(filter(None, below.split("/")))
    name = place.files.describe(info.path)
    return File(location, name, info.size or 0, known[below], info.has_ranges)
