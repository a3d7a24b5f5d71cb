"""Cutting files into partitions of about even bytes; the cut follows from the files alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from glowray.io.compression import EXPANSION, codec_of
from glowray.io.paths import File

SPLIT_BYTES = 16 << 20
"""What a partition reads, in bytes, as long as there are at most `MANY` of them."""

LARGEST_SPLIT = 8
"""How many times `SPLIT_BYTES` a partition may grow to keep their number at `MANY`."""

MANY = 256


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes [start, stop) of a file; stop None is its end, wherever that is when it is read."""

    path: str
    start: int = 0
    stop: int | None = None


T = TypeVar("T")
Partition = tuple[Piece, ...]


def weight_of(file: File) -> int:
    """About how many bytes a file holds once it is decompressed."""
    return file.size * (EXPANSION if codec_of(file.path) else 1)


def plan_splits(
    files: Sequence[File],
    partitions: int | None,
    splittable: Callable[[File], bool] = lambda file: codec_of(file.path) is None,
    split_bytes: int = SPLIT_BYTES,
) -> tuple[Partition, ...]:
    """Lay the files end to end and cut at even distances: into exactly `partitions`, or as many as the bytes ask for.

    A file that is not `splittable` goes whole to where its middle lies. Without `partitions`, slices that are left
    empty by that are dropped.

    >>> plan_splits([File("/a", "a", 10), File("/b", "b", 2)], 2)
    ((Piece(path='/a', start=0, stop=6),), (Piece(path='/a', start=6, stop=None), Piece(path='/b', start=0, stop=None)))
    """
    total = sum(map(weight_of, files))
    count = partitions or _default_count(total, split_bytes)
    cuts = [total * k // count for k in range(count + 1)]
    slices: list[list[Piece]] = [[] for _ in range(count)]
    begin = 0
    for file in files:
        weight = weight_of(file)
        if weight and splittable(file):
            _cut(file, begin, cuts, slices)
        else:
            slices[_slice_of(begin + weight // 2, cuts)].append(Piece(file.path))
        begin += weight
    planned = tuple(map(tuple, slices))
    return planned if partitions else tuple(filter(None, planned)) or ((),)


def place(
    items: Sequence[T], weights: Sequence[int], partitions: int | None, split_bytes: int = SPLIT_BYTES
) -> tuple[tuple[T, ...], ...]:
    """Cut items that stay whole into contiguous slices of about even weight (bytes), as `plan_splits` does.

    >>> place(["a", "b", "c"], [1, 5, 6], 2)
    (('a', 'b'), ('c',))
    """
    total = sum(weights)
    count = partitions or _default_count(total, split_bytes)
    cuts = [total * k // count for k in range(count + 1)]
    slices: list[list[T]] = [[] for _ in range(count)]
    begin = 0
    for item, weight in zip(items, weights, strict=True):
        slices[_slice_of(begin + weight // 2, cuts)].append(item)
        begin += weight
    placed = tuple(map(tuple, slices))
    return placed if partitions else tuple(filter(None, placed)) or ((),)


def _default_count(total: int, split_bytes: int) -> int:
    if total > split_bytes * MANY:
        split_bytes = min(split_bytes * LARGEST_SPLIT, -(-total // MANY))
    return _whole_waves(max(1, -(-total // split_bytes)))


def _whole_waves(count: int) -> int:
    """A number that most machines' cores divide, at least `count`: 3 partitions of one size keep 2 cores busy for as
    long as 4 would, a third of them in vain.
    """
    at_a_time = 1 if count <= 2 else 4 if count <= 16 else 8
    return -(-count // at_a_time) * at_a_time


def _slice_of(position: int, cuts: list[int]) -> int:
    return min(bisect_right(cuts, position), len(cuts) - 1) - 1


def _cut(file: File, begin: int, cuts: list[int], slices: list[list[Piece]]) -> None:
    end = begin + file.size
    k = _slice_of(begin, cuts)
    while k < len(slices) and cuts[k] < end:
        start, stop = max(begin, cuts[k]), min(end, cuts[k + 1])
        if start < stop:
            slices[k].append(Piece(file.path, start - begin, None if stop == end else stop - begin))
        k += 1
