"""The sort of a partition's rows: as columns if keys are typed, and in runs in a file if rows are many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glowray.io.spill import SpillFile, SpillPlace
from glowray.kernels.base.morsels import BATCH, Morsels, pieces, weight
from glowray.kernels.sort.run_merge import ROW, WINDOW_BYTES, in_python, key_order, merged
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from glowray.rows.keys.sort_words import Rows

SPILLED_BYTES = 1 << 20
"""Bytes of a piece of a run in a file. A merge holds one piece of every run."""

Piece = Chunk | list[Any]
"""Rows as columns, or as a list if they would be pickled."""


def sorted_morsels(stream: Morsels, keyed: bool, reverse: bool, strip: bool, budget: int, file: SpillFile) -> Morsels:
    """Yield the rows of `stream` in stable order.

    Args:
        stream: morsels of rows.
        keyed: rows are (key, row) pairs, to be ordered by key.
        reverse: descending. Equal rows keep their order here too.
        strip: yield the rows of the pairs.
        budget: bytes of rows in memory from which they become a run in the file.
        file: the file for runs.

    Raises TypeError where two keys cannot be compared.
    """
    strip = keyed and strip
    held: list[Piece] = []
    size = 0
    runs: list[list[SpillPlace]] = []
    for morsel in stream:
        for piece in _pieces(morsel):
            held.append(piece)
            size += _weight(piece)
            if size > budget:
                runs.append(_spilled(file, _taken(held), keyed, reverse))
                size = 0
    if not runs:
        yield from _in_order(_taken(held), keyed, reverse, strip)
        return
    runs.append(_spilled(file, _taken(held), keyed, reverse))
    yield from merged([_read(file, places) for places in runs], keyed, reverse, strip, min(WINDOW_BYTES, budget))


def _taken(held: list[Piece]) -> list[Piece]:
    """Empty the list `held`, and return its former items."""
    pieces = held[:]
    held.clear()
    return pieces


def _pieces(morsel: Any) -> Iterator[Piece]:
    if isinstance(morsel, Block):
        yield from morsel.chunks
        return
    for rows in [morsel] if isinstance(morsel, list) else pieces(iter(morsel)):
        if rows:
            chunk = Chunk.from_rows(rows)
            # Rows that would be pickled stay objects while they are in the task's memory.
            yield rows if chunk.pickled_values else chunk


def _weight(piece: Piece) -> int:
    if isinstance(piece, Chunk):
        return piece.estimated_bytes
    return weight(piece)  # rows that cannot be pickled cannot be in a file either


def _in_order(held: list[Piece], keyed: bool, reverse: bool, strip: bool) -> Morsels:
    ordered = _ordered(held, keyed, reverse)
    if isinstance(ordered, list):
        yield [pair[1] for pair in ordered] if strip else ordered
    elif ordered is not None:
        rows, order = ordered
        yield Block(((rows.select(ROW) if strip else rows).take(order),))


def _ordered(held: list[Piece], keyed: bool, reverse: bool) -> tuple[Chunk, Rows] | list[Any] | None:
    """Empty `held`. Return its rows and their order, or a list of them in order, or None for no rows."""
    chunks = [piece for piece in held if isinstance(piece, Chunk)]
    if not held:
        return None
    if len(chunks) == len(held):
        held.clear()
        rows = together(chunks)
        del chunks
        order = key_order(rows, keyed, reverse)
        return in_python(rows.rows(), keyed, reverse) if order is None else (rows, order)
    every = [row for piece in held for row in (piece.rows() if isinstance(piece, Chunk) else piece)]
    held.clear()
    order = key_order(Chunk.from_rows([row[0] for row in every] if keyed else every), False, reverse)
    return in_python(every, keyed, reverse) if order is None else [every[place] for place in order.tolist()]


def _spilled(file: SpillFile, held: list[Piece], keyed: bool, reverse: bool) -> list[SpillPlace]:
    """Write the rows to the file as a run in pieces."""
    ordered = _ordered(held, keyed, reverse)
    if ordered is None:
        return []
    rows, order = (Chunk.from_rows(ordered), None) if isinstance(ordered, list) else ordered
    places = []
    step = max(1, min(BATCH, SPILLED_BYTES * len(rows) // max(1, rows.estimated_bytes)))
    for start in range(0, len(rows), step):
        stop = min(start + step, len(rows))
        piece = rows.slice(start, stop) if order is None else rows.take(order[start:stop])
        places.append(file.write(Block((piece,))))
    return places


def _read(file: SpillFile, places: list[SpillPlace]) -> Iterator[Chunk]:
    for place in places:
        yield from file.read(place).chunks
