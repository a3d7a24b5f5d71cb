"""Sources: what the program itself has or makes."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from glowray.flow.sources import Sources
from glowray.functions import Function

if TYPE_CHECKING:
    import pandas as pd

    from glowray.dataset import Dataset

T = TypeVar("T")


class MemorySources(Sources):
    """from_items, from_range, from_source, from_channel, from_arrow, from_pandas."""

    def from_items(self, items: Iterable[T], partitions: int | None = None) -> Dataset[T]:
        """The items of an iterable, read now.

        >>> import glowray as gr
        >>> gr.from_items(["a", "b"]).collect()
        ['a', 'b']
        """
        from glowray.io.memory import items_reader

        return self._read(items_reader(items, self._count(partitions)), "from_items")

    def from_range(
        self, start: int, stop: int | None = None, step: int = 1, partitions: int | None = None
    ) -> Dataset[int]:
        """The ints of range(start, stop, step).

        >>> import glowray as gr
        >>> gr.from_range(2, 10, 3).collect()
        [2, 5, 8]
        """
        from glowray.io.memory import range_reader

        return self._read(range_reader(start, stop, step, self._count(partitions)), "from_range")

    def from_source(self, fn: Callable[[int], Iterable[T]], partitions: int) -> Dataset[T]:
        """The rows that fn(partition_index) yields, on the workers.

        >>> import glowray as gr
        >>> gr.from_source(lambda index: [index] * 2, partitions=2).collect()
        [0, 0, 1, 1]
        """
        from glowray.io.memory import source_reader

        function = Function.of(fn, "from_source", spreads=False, arguments=(1,))
        return self._read(source_reader(function.call, partitions), "from_source", function)

    def from_channel(self, rows: Iterable[T] | queue.Queue[Any] | str, partitions: int | None = None) -> Dataset[T]:
        """The rows of an iterable or a queue (until its first None), which may arrive while the job runs; read once.

        >>> import glowray as gr, itertools, queue
        >>> gr.from_channel(itertools.count()).map(lambda n: n * n).take(3)
        [0, 1, 4]
        >>> channel = queue.Queue()
        >>> for row in ("a", "b", None): channel.put(row)
        >>> gr.from_channel(channel).collect()
        ['a', 'b']

        Each row goes on when it is there: take(), iteration, and output() do not wait for the end as long as the verbs
        between move no rows. A row that is there is a copy: what becomes of the object later does not matter.

        Args:
            rows: nothing of it is read before an action, and nothing past what the action wants (on Ray, some rows
                ahead, in a thread of its own). A queue is a queue.Queue or one of multiprocessing; a str is the name of
                a channel of the cluster, into which `glowray send` or output() puts rows.
            partitions: n; row i goes to partition i % n. None: 1, so that rows stay in the order of their arrival;
                with more, tasks work side by side, and the rows of later partitions wait until those before have ended.

        Raises:
            TypeError: it is neither.
            SpentSource: at a second action without cache().
            ClusterError: at the action, if no cluster is named, none was started here, or it loses the channel.
        """
        from glowray.io.channel import ChannelReader, channel_reader

        if not isinstance(rows, str):
            return self._read(channel_reader(rows, self._count(partitions)), "from_channel")
        from glowray.cluster.channel import Receiver, checked_name

        name = checked_name(rows)
        return self._read(ChannelReader(lambda: Receiver(name), self._count(partitions), name), "from_channel")

    def from_arrow(self, table: Any, partitions: int | None = None) -> Dataset[dict[str, Any]]:
        """The rows of an Arrow table as dicts.

        >>> import glowray as gr, pyarrow as pa
        >>> gr.from_arrow(pa.table({"word": ["be", None], "n": [2, 1]})).collect()
        [{'word': 'be', 'n': 2}, {'word': None, 'n': 1}]

        Null is None, and values are Python's: ints of any width are int, times datetime's (of nanoseconds, pandas'
        where they are no whole microseconds).

        Args:
            table: a pyarrow.Table or RecordBatch, or anything that gives an Arrow stream, such as a Polars DataFrame
                or a relation of DuckDB; a stream is read now.
            partitions: as for from_items().

        Raises:
            TypeError: it is no such thing.
            ValueError: two columns have one name; at the action, a value has no exact form in Python.
        """
        from glowray.io.tables import arrow_reader

        return self._read(arrow_reader(table, self._count(partitions)), "from_arrow")

    def from_pandas(self, df: pd.DataFrame, partitions: int | None = None) -> Dataset[dict[Any, Any]]:
        """The rows of a pandas DataFrame as dicts of its columns, without its index.

        >>> import glowray as gr, pandas as pd
        >>> gr.from_pandas(pd.DataFrame({"word": ["be", None], "n": [2, 1]})).collect()
        [{'word': 'be', 'n': 2}, {'word': None, 'n': 1}]

        Objects are as they are; NaN in a column of NumPy floats is NaN, and what is missing in a column of any other
        type is None.

        Args:
            df: copied now.
            partitions: as for from_items().

        Raises:
            TypeError: it is no DataFrame, or holds what cannot be pickled.
            ValueError: two columns have one label.
        """
        from glowray.io.tables import pandas_reader

        return self._read(pandas_reader(df, self._count(partitions)), "from_pandas")
