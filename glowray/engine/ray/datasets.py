"""Ray datasets as rows of glowray, and the other way. The driver handles references to blocks, never their rows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from glowray.engine.ray.engine import RayBlock, RayEngine
from glowray.engine.ray.start import ray_engine
from glowray.engine.task.protocol import Ref
from glowray.io.arrow.table_blocks import table_block, table_shape
from glowray.io.memory import FEW_PARTITIONS, bounds, default_partitions
from glowray.io.reader import StoredReader, check_partitions
from glowray.kernels.ends.buckets import Stored, part_of
from glowray.rows import Block

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Piece:
    """The rows [start, stop) of a block of Ray Data."""

    reference: Any
    start: int
    stop: int


class RayDatasetBlocks(Sequence[Any]):
    """The blocks of a Ray dataset, one for each partition. The first use of one materialises the dataset."""

    def __init__(self, dataset: Any, count: int) -> None:
        self._dataset, self._count = dataset, count
        self._blocks: list[RayBlock] | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> RayBlock: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[RayBlock]: ...
    def __getitem__(self, place: int | slice) -> Any:
        with self._lock:
            if self._blocks is None:
                self._blocks = _converted(_pieces(self._dataset), self._count)
            return self._blocks[place]


@dataclass(frozen=True, eq=False)
class RayDatasetReader(StoredReader):
    """The rows of a Ray dataset, in contiguous slices whose sizes differ by at most one row."""

    label: str
    blocks: Any = field(repr=False)
    estimated_bytes: int | None

    @property
    def num_partitions(self) -> int:
        return len(self.blocks)


def ray_dataset_reader(dataset: Any, partitions: int | None) -> RayDatasetReader:
    """Return a reader of the rows of a Ray dataset. Nothing runs.

    Raises TypeError if it is no Ray dataset.
    """
    import ray.data

    check_partitions(partitions)
    if not isinstance(dataset, ray.data.Dataset):
        raise TypeError(f"from_ray() needs a ray.data.Dataset, got {type(dataset).__name__}")
    known = dataset._logical_plan.dag.infer_metadata()  # what Ray knows before it reads
    count = partitions or (FEW_PARTITIONS if known.num_rows is None else default_partitions(known.num_rows))
    shown = "" if known.num_rows is None else f"{known.num_rows:,} rows"
    return RayDatasetReader(f"from_ray({shown})", RayDatasetBlocks(dataset, count), known.size_bytes)


def to_ray_dataset(refs: Sequence[Ref], schema: pa.Schema | None) -> Any:
    """Return a ray.data.Dataset of records in blocks of any engine. A worker makes a table of each block.

    Blocks that the engine holds in this process are put into Ray's object store.
    """
    import pyarrow as pa
    import ray
    import ray.data

    if schema is None:
        return ray.data.from_arrow(pa.table({}))
    engine = ray_engine()
    to_table = ray.remote(_table)
    return ray.data.from_arrow_refs([to_table.remote(*_reference(engine, ref), schema) for ref in refs])


def _reference(engine: RayEngine, ref: Ref) -> tuple[Any, int | None]:
    return (ref.reference, ref.member) if isinstance(ref, RayBlock) else (engine.ray.put(engine.fetch([ref])[0]), None)


def _table(stored: Stored, member: int | None, schema: pa.Schema) -> pa.Table:
    """Return the records of a block as a table of a schema that holds them. Runs on a worker."""
    import pyarrow as pa

    from glowray.rows.tables.arrow_table import chunk_table
    from glowray.rows.tables.recast import recast_table

    (block,) = part_of(stored, member=member)
    tables = [recast_table(chunk_table(chunk).table, schema) for chunk in block.chunks]
    return pa.concat_tables([schema.empty_table(), *tables])


def _pieces(dataset: Any) -> list[Piece]:
    """Run a dataset that was not run, and return its blocks in the order of its rows."""
    options = dataset.context.execution_options
    before, options.preserve_order = options.preserve_order, True  # else blocks come in the order of their completion
    try:
        bundles = list(dataset.materialize().iter_internal_ref_bundles())
    finally:
        options.preserve_order = before
    found = []
    for bundle in bundles:
        for entry, cut in zip(bundle.blocks, bundle.slices, strict=True):
            start, stop = (0, entry.metadata.num_rows) if cut is None else (cut.start_offset, cut.end_offset)
            found.append(Piece(entry.ref, start, stop))
    return found


def _converted(pieces: Sequence[Piece], count: int) -> list[RayBlock]:
    """Return `count` blocks of even slices of all pieces. Workers make them, so no row comes here."""
    import ray

    to_block = ray.remote(_block)
    total = sum(piece.stop - piece.start for piece in pieces)
    blocks = []
    for index in range(count):
        own = _slice(pieces, *bounds(total, count, index))
        cuts = [(piece.start, piece.stop) for piece in own]
        blocks.append(RayBlock(to_block.remote(cuts, *(piece.reference for piece in own))))
    return blocks


def _slice(pieces: Sequence[Piece], first: int, last: int) -> list[Piece]:
    """Return the rows [first, last) of all pieces."""
    found, position = [], 0
    for piece in pieces:
        length = piece.stop - piece.start
        low, high = max(first - position, 0), min(last - position, length)
        if low < high:
            found.append(Piece(piece.reference, piece.start + low, piece.start + high))
        position += length
    return found


def _block(cuts: Sequence[tuple[int, int]], *tables: Any) -> Block:
    """Return slices of blocks of Ray Data, with the rows that iter_rows() gives. Runs on a worker."""
    return Block.concat(_rows(table, start, stop) for table, (start, stop) in zip(tables, cuts, strict=True))


def _rows(table: Any, start: int, stop: int) -> Block:
    import pyarrow as pa
    from ray.data.block import BlockAccessor

    table = BlockAccessor.batch_to_block(table)  # a pandas block becomes a table, as for iter_rows()
    if isinstance(table, pa.Table) and table_shape(table.schema) is not None:
        return table_block(table.slice(start, stop - start))
    piece = BlockAccessor.for_block(table).slice(start, stop, copy=False)
    return Block.from_rows(list(BlockAccessor.for_block(piece).iter_rows(public_row_format=True)))
