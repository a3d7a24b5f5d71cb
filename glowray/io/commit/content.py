"""The content of a folder that a job writes to: the files that readers see, and whether a mode allows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from glowray.io.files.manifest import SUCCESS, Manifest
from glowray.io.hive import folder_fields

_PART = re.compile(r"part-(\d+)")


def visible_names(names: Iterable[str]) -> list[str]:
    """Return the files that readers see, sorted."""
    return sorted(name for name in names if not any(part.startswith(("_", ".")) for part in name.split("/")))


def next_number(names: Iterable[str]) -> int:
    """Return the number of the next part file: one more than the highest."""
    found = (_PART.match(name.rpartition("/")[2]) for name in names)
    return max((int(match[1]) for match in found if match), default=-1) + 1


def check_mode(label: str, names: Collection[str], mode: str, manifest: Manifest | None) -> None:
    """Raise FileExistsError if `mode` forbids the files in the folder `label`."""
    if mode == "append" or not names:
        return
    if mode == "error":
        raise FileExistsError(f'"{label}" is not empty: choose another folder, mode="overwrite" or "append"')
    if manifest is None:
        raise FileExistsError(f'"{label}" is not empty and was not written by glowray: it is not overwritten')
    foreign = sorted({*names} - {SUCCESS, *manifest.files})
    if foreign:
        raise FileExistsError(f'"{label}/{foreign[0]}" was not written by glowray: it is kept')


def check_fields(label: str, names: Iterable[str], fields: tuple[str, ...] | None) -> None:
    """Raise ValueError for a file that is there and is in folders of other fields: readers need one kind."""
    if fields is None:
        return
    for name in visible_names(names):
        if (there := folder_fields(name)) != fields:
            has, wants = ("by " + ", ".join(each) if each else "by no field" for each in (there, fields))
            raise ValueError(
                f'"{label}/{name}" is in folders {has}, the new rows are {wants}:'
                " append with the same partition_by=, or write to another folder"
            )
