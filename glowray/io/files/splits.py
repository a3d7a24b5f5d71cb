"""Partitions of files: cuts at about equal bytes. The cuts depend on the files alone, never on cores or time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from glowray.io.files.compression import EXPANSION, read_codec_of
from glowray.io.files.paths import File
from glowray.io.filesystem.location import Location

SPLIT_BYTES = 16 << 20
"""The bytes that a partition reads, unless there would be more than `MANY` partitions."""

LARGEST_SPLIT = 8
"""The factor by which a partition may exceed `SPLIT_BYTES`, to keep the number of partitions at `MANY`."""

MANY = 256


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes [start, stop) of a file. If `stop` is None, the piece ends where the file ends when it is read."""

    location: Location
    start: int = 0
    stop: int | None = None


class Located(Protocol):
    """A part of a file, or a file."""

    @property
    def location(self) -> Location: ...


T = TypeVar("T")
Partition = tuple[Piece, ...]


def locations_of(partitions: Iterable[Iterable[Located]]) -> Collection[Location]:
    """Return where the files of all partitions are, each once."""
    return dict.fromkeys(each.location for slices in partitions for each in slices).keys()


def weight_of(file: File) -> int:
    """Return about how many bytes a file holds after decompression."""
    return file.size * (EXPANSION if read_codec_of(file.location.plain_path) else 1)


def is_splittable(file: File) -> bool:
    """Return whether a file can be read from any byte, and is not compressed."""
    return file.has_ranges and read_codec_of(file.location.plain_path) is None


def plan_splits(
    files: Sequence[File],
    partitions: int | None,
    splittable: Callable[[File], bool] = is_splittable,
    split_bytes: int = SPLIT_BYTES,
) -> tuple[Partition, ...]:
    """Lay the files end to end and cut them at equal distances, into `partitions` slices or by `split_bytes`.

    A file that is not `splittable` goes whole into the slice that holds its middle. Without `partitions`, slices that
    stay empty are dropped.

    >>> first, second = plan_splits([File(Location("/a"), "a", 10), File(Location("/b"), "b", 2)], 2)
    >>> first
    (Piece(location=</a>, start=0, stop=6),)
    >>> second
    (Piece(location=</a>, start=6, stop=None), Piece(location=</b>, start=0, stop=None))
    """
    total = sum(map(weight_of, files))
    count = partitions or default_count(total, split_bytes)
    cuts = [total * k // count for k in range(count + 1)]
    slices: list[list[Piece]] = [[] for _ in range(count)]
    begin = 0
    for file in files:
        weight = weight_of(file)
        if weight and splittable(file):
            _cut(file, begin, cuts, slices)
        else:
            slices[_slice_of(begin + weight // 2, cuts)].append(Piece(file.location))
        begin += weight
    planned = tuple(map(tuple, slices))
    return planned if partitions else tuple(filter(None, planned)) or ((),)


def place(
    items: Sequence[T], weights: Sequence[int], partitions: int | None, split_bytes: int = SPLIT_BYTES
) -> tuple[tuple[T, ...], ...]:
    """Return contiguous slices of items, of about equal weights in bytes. An item goes into the slice of its middle.

    >>> place(["a", "b", "c"], [1, 5, 6], 2)
    (('a', 'b'), ('c',))
    """
    total = sum(weights)
    count = partitions or default_count(total, split_bytes)
    cuts = [total * k // count for k in range(count + 1)]
    slices: list[list[T]] = [[] for _ in range(count)]
    begin = 0
    for item, weight in zip(items, weights, strict=True):
        slices[_slice_of(begin + weight // 2, cuts)].append(item)
        begin += weight
    placed = tuple(map(tuple, slices))
    return placed if partitions else tuple(filter(None, placed)) or ((),)


def default_count(total: int, split_bytes: int = SPLIT_BYTES) -> int:
    """Return the number of partitions for `total` bytes: 40 MiB → 3 by SPLIT_BYTES → 4 by `_whole_waves`."""
    if total > split_bytes * MANY:
        split_bytes = min(split_bytes * LARGEST_SPLIT, -(-total // MANY))
    return _whole_waves(max(1, -(-total // split_bytes)))


def _whole_waves(count: int) -> int:
    """Round a number of partitions up to a multiple of 4 or 8, which the cores of most machines divide.

    On 2 cores, 3 partitions of one size take as long as 4: in the second round one core has no task.
    """
    at_a_time = 1 if count <= 2 else 4 if count <= 16 else 8
    return -(-count // at_a_time) * at_a_time


def _slice_of(position: int, cuts: list[int]) -> int:
    """Return the index of the slice that holds a position. `cuts` are the bounds of all slices."""
    return min(bisect_right(cuts, position), len(cuts) - 1) - 1


def _cut(file: File, begin: int, cuts: list[int], slices: list[list[Piece]]) -> None:
    """Add the pieces of a file, which begins at position `begin` of all bytes, to the slices."""
    end = begin + file.size
    k = _slice_of(begin, cuts)
    while k < len(slices) and cuts[k] < end:
        start, stop = max(begin, cuts[k]), min(end, cuts[k + 1])
        if start < stop:
            slices[k].append(Piece(file.location, start - begin, None if stop == end else stop - begin))
        k += 1
