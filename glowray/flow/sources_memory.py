"""Sources whose rows the program has or makes itself."""

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
    """The sources from_items, from_range, from_source, from_channel, from_arrow, from_pandas and from_ray."""

    def from_items(self, items: Iterable[T], partitions: int | None = None) -> Dataset[T]:
        """Take the items of an iterable as rows. The call reads and copies them.

        >>> import glowray as gr
        >>> gr.from_items(["a", "b"]).collect()
        ['a', 'b']

        Args:
            items: an iterable of picklable objects; later changes to them have no effect.
            partitions: exactly this many contiguous slices, whose sizes differ by at most one row. None: at most 8
                for up to 524,288 rows, then one for each 65,536.

        Raises:
            TypeError: `items` is not iterable, or an item cannot be pickled.
        """
        from glowray.io.memory import items_reader

        return self._read(items_reader(items, self._count(partitions)), "from_items")

    def from_range(
        self, start: int, stop: int | None = None, step: int = 1, partitions: int | None = None
    ) -> Dataset[int]:
        """Take the ints of range(start, stop, step) as rows. The workers make them.

        >>> import glowray as gr
        >>> gr.from_range(2, 10, 3).collect()
        [2, 5, 8]

        With one argument, it is `stop`, as for range().

        Args:
            start: the first int.
            stop: the end, which is not included.
            step: the distance between two ints.
            partitions: exactly this many contiguous slices. None: at most 8 for up to 16,000,000 ints, then one for
                each 2,000,000.

        Raises:
            ValueError: `step` is 0.
        """
        from glowray.io.memory import range_reader

        return self._read(range_reader(start, stop, step, self._count(partitions)), "from_range")

    def from_source(self, fn: Callable[[int], Iterable[T]], partitions: int) -> Dataset[T]:
        """Take the rows that fn(partition_index) yields. The workers call it, once for each partition.

        >>> import glowray as gr
        >>> gr.from_source(lambda index: [index] * 2, partitions=2).collect()
        [0, 0, 1, 1]

        Args:
            fn: function of an int from 0 to partitions - 1; returns an iterable of rows.
            partitions: how many.

        Raises:
            TypeError: fn is not callable, or captures something that cannot be pickled.
        """
        from glowray.io.memory import source_reader

        function = Function.of(fn, "from_source", spreads=False, arguments=(1,))
        return self._read(source_reader(function.call, partitions), "from_source", function)

    def from_channel(self, rows: Iterable[T] | queue.Queue[Any] | str, partitions: int | None = None) -> Dataset[T]:
        """Take rows that may arrive while the job runs, from an iterable, a queue or a named channel. Read once.

        >>> import glowray as gr, itertools, queue
        >>> gr.from_channel(itertools.count()).map(lambda n: n * n).take(3)
        [0, 1, 4]
        >>> channel = queue.Queue()
        >>> for row in ("a", "b", None): channel.put(row)
        >>> gr.from_channel(channel).collect()
        ['a', 'b']

        A None ends a queue. take(), iteration and output() give each row when it arrives, as long as the verbs between
        move no rows. A row is copied when it arrives, so that later changes to the object have no effect.

        Args:
            rows: an iterable, or a queue.Queue, or a queue of multiprocessing. Or a str, the name of a channel of the
                cluster, into which `glowray send` or output() puts rows. An action reads no more rows than it wants.
                On Ray a thread reads some rows ahead.
            partitions: row i goes to partition i % n. None: 1, which keeps the order of arrival. With more, tasks work
                at the same time, but rows of a later partition come out only after the earlier ones have ended.

        Raises:
            TypeError: `rows` is none of these.
            SpentSource: a second action without cache() wants the rows again.
            ClusterError: at the action, no cluster is named or started here, or the cluster loses the channel.
        """
        from glowray.io.channel import ChannelReader, channel_reader

        if not isinstance(rows, str):
            return self._read(channel_reader(rows, self._count(partitions)), "from_channel")
        from glowray.cluster.channels.channel import Receiver, checked_name

        name = checked_name(rows)
        return self._read(ChannelReader(lambda: Receiver(name), self._count(partitions), name), "from_channel")

    def from_arrow(self, table: Any, partitions: int | None = None) -> Dataset[dict[str, Any]]:
        """Take the rows of an Arrow table as dicts.

        >>> import glowray as gr, pyarrow as pa
        >>> gr.from_arrow(pa.table({"word": ["be", None], "n": [2, 1]})).collect()
        [{'word': 'be', 'n': 2}, {'word': None, 'n': 1}]

        Null is None. Values have Python's types: ints of any width are int, and times are those of datetime. A time in
        nanoseconds that is not a whole microsecond is a pandas Timestamp or Timedelta.

        Args:
            table: a pyarrow.Table or RecordBatch, or an object with an Arrow stream, such as a Polars DataFrame or a
                DuckDB relation. The call reads a stream to its end.
            partitions: as for from_items().

        Raises:
            TypeError: `table` is none of these.
            ValueError: two columns have one name. At the action, a value has no exact form in Python.
        """
        from glowray.io.arrow.tables import arrow_reader

        return self._read(arrow_reader(table, self._count(partitions)), "from_arrow")

    def from_pandas(self, df: pd.DataFrame, partitions: int | None = None) -> Dataset[dict[Any, Any]]:
        """Take the rows of a pandas DataFrame as dicts of its columns, without its index.

        >>> import glowray as gr, pandas as pd
        >>> gr.from_pandas(pd.DataFrame({"word": ["be", None], "n": [2, 1]})).collect()
        [{'word': 'be', 'n': 2}, {'word': None, 'n': 1}]

        Objects stay as they are. NaN stays NaN in a column of NumPy floats; in other columns a missing value is None.

        Args:
            df: the DataFrame, which the call copies.
            partitions: as for from_items().

        Raises:
            TypeError: `df` is not a DataFrame, or holds an object that cannot be pickled.
            ValueError: two columns have one label.
        """
        from glowray.io.arrow.tables import pandas_reader

        return self._read(pandas_reader(df, self._count(partitions)), "from_pandas")

    def from_ray(self, ray_dataset: Any, partitions: int | None = None) -> Dataset[dict[str, Any]]:
        """Take the rows of a ray.data.Dataset, dicts as its iter_rows() gives them, in their order.

        >>> import glowray as gr
        >>> import ray  # doctest: +SKIP
        >>> gr.from_ray(ray.data.from_items(["a", "b"])).collect()  # doctest: +SKIP
        [{'item': 'a'}, {'item': 'b'}]

        Blocks pass as references: workers turn them into blocks of glowray, and no row comes to the driver. A dataset
        that was not run yet is run once, by the first action that needs its rows. The blocks stay in Ray's object store
        as long as this dataset does.

        Args:
            ray_dataset: the dataset, of the Ray that this process is connected to.
            partitions: exactly this many contiguous slices. None: as for from_items() if Ray knows the number of rows
                before it reads them, else 8.

        Raises:
            TypeError: `ray_dataset` is no ray.data.Dataset.
        """
        from glowray.engine.ray.datasets import ray_dataset_reader

        return self._read(ray_dataset_reader(ray_dataset, self._count(partitions)), "from_ray")
