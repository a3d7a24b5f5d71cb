"""Patterns of paths (`*`, `?`, `[…]`, `**`) in stores that only list keys. The local disk has Python's own glob."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from glowray.io.filesystem.file_info import FileInfo

DEEP = "**"

_MAGIC = re.compile(r"[*?[]")

Lister = Callable[[str, bool], Iterator[FileInfo]]
"""A function of a folder and whether to list its subfolders too."""


def has_magic(path: str) -> bool:
    """Return whether a path is a pattern.

    >>> has_magic("logs/*.gz"), has_magic("logs/a.gz")
    (True, False)
    """
    return _MAGIC.search(path) is not None


def fixed_folder(pattern: str) -> str:
    """Return the path up to the first part that is a pattern.

    >>> fixed_folder("s3://b/logs/2024-*/x.gz")
    's3://b/logs'
    """
    parts = pattern.split("/")
    return "/".join(parts[: next(place for place, part in enumerate(parts) if has_magic(part))])


def matching_files(pattern: str, listed: Lister) -> Iterator[FileInfo]:
    """Yield the files that a pattern matches. Unless it holds `**`, the files below folders that it matches too.

    Names that begin with "_" or "." are left out below a folder. `*` matches no name that begins with ".".
    """
    folder = fixed_folder(pattern)
    wanted = pattern[len(folder) + 1 :].split("/")
    is_flat = len(wanted) == 1 and wanted != [DEEP]  # `*.gz` needs no listing of subfolders that it does not match.
    for info in listed(folder, not is_flat):
        names = info.path[len(folder) + 1 :].split("/")
        if _is_match(wanted, names):
            if info.kind == "file":
                yield info
            else:
                yield from (below for below in listed(info.path, True) if is_visible(below.path, info.path))
        elif DEEP not in wanted and _is_match(wanted, names[: len(wanted)]) and is_visible(_joined(names, wanted), ""):
            yield info


def _joined(names: Sequence[str], wanted: Sequence[str]) -> str:
    """Return the part of a path below a folder that a pattern matches."""
    return "/".join(names[len(wanted) :])


def is_visible(path: str, folder: str) -> bool:
    """Return whether no name between a folder and a path below it begins with "_" or ".".

    >>> is_visible("s3://b/a/x.csv", "s3://b"), is_visible("s3://b/_old/x.csv", "s3://b")
    (True, False)
    """
    return not any(name.startswith(("_", ".")) for name in path[len(folder) :].strip("/").split("/"))


def _is_match(wanted: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether the parts of a path match the parts of a pattern, in which `**` stands for any number of parts."""
    if not wanted:
        return not names
    if wanted[0] == DEEP:
        is_deeper = bool(names) and not names[0].startswith(".") and _is_match(wanted, names[1:])
        return is_deeper or _is_match(wanted[1:], names)
    if not names or (names[0].startswith(".") and not wanted[0].startswith(".")):
        return False
    return _compiled(wanted[0]).fullmatch(names[0]) is not None and _is_match(wanted[1:], names[1:])


@cache
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part))
