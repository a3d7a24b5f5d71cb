"""The records that tasks made, as Arrow tables of one schema in the driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glowray.action.perform import Action, begin
from glowray.action.settings import Outcome, Settings
from glowray.action.sigterm import ended_by_sigterm
from glowray.engine.choice import choose, is_connected
from glowray.errors import ClusterError, InexactColumn
from glowray.io.commit.commit import Written, commit_together
from glowray.io.commit.pending import PendingWrite, SentWrite
from glowray.io.commit.place import NoPlace, Place
from glowray.io.sink import Part
from glowray.kernels.ends.exchange import Exchange, OneBlock
from glowray.kernels.partition.records_step import AsRecords
from glowray.physical.stages.stage import StageRun
from glowray.plan.nodes import Narrow, Node

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.sql.writer import TableWriter
    from glowray.rows import Block


@dataclass(frozen=True)
class _TaskRecords:
    """The records of one task, which are fetched only to show one of them in an error."""

    schema: pa.Schema
    action: Action
    stage: StageRun
    place: int

    def row_with(self, steps: Any) -> Any:
        """Return the first row that has a value at the path `steps`, or None."""
        from glowray.rows.tables.arrow_table import chunk_table

        blocks = self.action.recorder.fetch(self.action.engine, self.stage, [self.place])
        tables = (chunk_table(chunk) for block in blocks for chunk in block.chunks)
        return next((row for table in tables if (row := table.row_with(steps)) is not None), None)


def records_schema(action: Action, stage: StageRun, place: str) -> pa.Schema | None:
    """Return the common schema of the records of a stage that ends with AsRecords, None if there are none.

    Raises InexactColumn for a column of several types. It shows a row of each of two types, and notes the `place`.
    """
    from glowray.rows.tables.common_schema import common_schema

    parts = ((task, part) for task, report in enumerate(stage.reports) if report for part in report.parts)
    sources = [_TaskRecords(part.schema, action, stage, task) for task, part in parts if part.schema is not None]
    try:
        return common_schema(sources) if sources else None
    except InexactColumn as error:
        error.add_note(f"in {place}")
        raise


def block_tables(block: Block, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the records of a block as tables of a schema that holds them."""
    from glowray.rows.tables.arrow_table import chunk_table
    from glowray.rows.tables.recast import recast_table

    for chunk in block.chunks:
        yield recast_table(chunk_table(chunk).table, schema)


@dataclass
class TableCommit(SentWrite):
    """The open transaction of a writer. It is committed after all files of a run are in place."""

    writer: TableWriter
    written: Written
    sink: Any = None

    @property
    def name(self) -> str:
        return self.writer.table

    def begin(self) -> Place:
        """Return no place: tasks write no files."""
        return NoPlace()

    def stage(self, parts: Sequence[Part]) -> None:
        """Do nothing: the transaction has the rows."""

    def finish(self) -> None:
        """Commit the transaction."""
        self.writer.commit()

    def abort(self) -> None:
        """Roll the transaction back. After the commit do nothing."""
        self.writer.abort()


@dataclass
class TableTarget:
    """A table of a database. Its rows come to the driver block by block, and it writes them in one transaction."""

    node: Node
    verb: str
    writer: TableWriter
    columns: tuple[str, ...] | None
    exchange: Exchange = field(default_factory=OneBlock)
    rows: int = 0

    def begin(self) -> Node:
        return Narrow(self.node, AsRecords(self.verb, self.writer.table, columns=self.columns))

    def settle(self, action: Action, stage: StageRun) -> None:
        """Send all rows to the database, in a transaction that is still open."""
        place = f"{self.verb}({self.writer.table})"
        schema = records_schema(action, stage, place)
        try:
            self.writer.write(schema, self._tables(action, stage, schema))
        except Exception as error:
            error.add_note(f"in {place}")
            raise

    def _tables(self, action: Action, stage: StageRun, schema: pa.Schema | None) -> Iterator[pa.Table]:
        for place in range(stage.plan.num_tasks):
            for block in action.read(stage, place):
                self.rows += len(block)
                yield from block_tables(block, schema)

    def stage(self, stage: StageRun) -> list[PendingWrite]:
        return [TableCommit(self.writer, Written(0, self.rows, 0))]

    def feed(self, action: Action, stage: StageRun) -> None:
        """Do nothing: the database has the rows already."""

    def result(self) -> Written:
        return Written(0, self.rows, 0)

    def abort(self) -> None:
        self.writer.abort()


def to_ray_data(settings: Settings, outcome: Outcome, node: Node) -> Any:
    """Run a plan, and return its rows as a Ray dataset.

    Raises:
        ClusterError: the job would run without Ray, and no Ray is connected.
    """
    from glowray.engine.ray.datasets import to_ray_dataset

    kind = choose(settings.engine, None).kind
    if kind != "ray" and not is_connected():
        raise ClusterError('to_ray() needs a Ray: call gr.connect() first, or give the flow engine="ray"')
    records = Narrow(node, AsRecords("to_ray", "to_ray", item=True))
    schemas: list[pa.Schema | None] = []
    with ended_by_sigterm(), begin(settings, outcome, [records]) as action:
        stage = action.targets[0]
        action.run(lambda: schemas.append(records_schema(action, stage, "to_ray()")))
        commit_together(action.staged_letters())
    refs = [stage.block(place) for place in range(stage.plan.num_tasks)]
    return to_ray_dataset(refs, schemas[0])
