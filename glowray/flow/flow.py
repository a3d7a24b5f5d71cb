"""A Flow: settings of jobs, and the sources that begin them."""

from __future__ import annotations

import pathlib
import queue
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from glowray.action.settings import Outcome, Settings, error_policy
from glowray.dataset import Dataset
from glowray.engine.choose import check_engine
from glowray.functions import Function, only_user_frames
from glowray.kernels.resources import Resources
from glowray.plan.nodes import Read
from glowray.watch.stats import Stats

T = TypeVar("T")
Paths = Any


class Flow:
    """A job in the making: its name, its settings, and what its last action did.

    >>> import glowray as gr
    >>> gr.Flow("squares").from_range(4).map(lambda n: n * n).collect()
    [0, 1, 4, 9]

    Args:
        name: shown in explain(), progress, the Ray dashboard and errors.
        engine: "inline", "ray", or None: automatic.
        partitions: the default number of partitions of sources; None: from the size of the input.
        on_error: what happens to rows on which a function fails: "raise", "skip", "collect" or a path.
        max_errors: fail once more rows than this have failed.
        progress: show progress; None: in a terminal, for long jobs.
        vectorize: run functions whose meaning is known faster than by calls.
        num_cpus: CPUs that each task asks for; memory: bytes; labels: of the nodes it may run on.

    Raises:
        ValueError: an engine or on_error that does not exist, a number that is negative.
    """

    def __init__(
        self,
        name: str = "flow",
        *,
        engine: str | None = None,
        partitions: int | None = None,
        on_error: str | pathlib.Path = "raise",
        max_errors: int | None = None,
        progress: bool | None = None,
        vectorize: bool = True,
        num_cpus: float | None = None,
        memory: int | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        if engine is not None:
            check_engine(engine)
        if partitions is not None and partitions < 1:
            raise ValueError(f"partitions must be at least 1, got {partitions}")
        if max_errors is not None and max_errors < 0:
            raise ValueError(f"max_errors must not be negative, got {max_errors}")
        self.settings = Settings(
            name=name,
            engine=engine,
            partitions=partitions,
            on_error=error_policy(on_error),
            max_errors=max_errors,
            progress=progress,
            vectorize=vectorize,
            resources=Resources.of(num_cpus, None, memory, labels),
        )
        self.outcome = Outcome()
        self.targets: list[Any] = []

    def __repr__(self) -> str:
        return f"<Flow {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Flow cannot be used inside a function")

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.settings.name

    @property
    def stats(self) -> Stats:
        """What the stages of the last action or run did."""
        return self.outcome.stats

    @property
    def counters(self) -> Mapping[str, int]:
        """The counters of the last action or run; one that was never added to is 0."""
        return Counter(self.outcome.counters)

    @property
    def skipped(self) -> dict[str, int]:
        """How many rows each step's on_error dropped in the last action or run."""
        return dict(self.outcome.skipped)

    @property
    def errors(self) -> list[Any]:
        """Rows that failed under on_error="collect": records with step, row and error."""
        return list(self.outcome.errors)

    def read_text(
        self, paths: Paths, partitions: int | None = None, encoding: str = "utf-8", errors: str = "strict"
    ) -> Dataset[str]:
        r"""The lines of text files, without their line ends (\n or \r\n).

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.txt")
        >>> _ = path.write_text("to be\nor not\n")
        >>> gr.read_text(path).collect()
        ['to be', 'or not']

        Args:
            paths: a path, glob, folder, or list of them; .gz .bz2 .zst .xz are decompressed.
            partitions: exactly so many, of about even bytes; None: from the size, about 16 MiB each.
            encoding: of the files; errors: as for open().

        Raises:
            FileNotFoundError: nothing matches a path.
        """
        from glowray.io.text import text_reader

        return self._read(text_reader(paths, partitions or self.settings.partitions, encoding, errors), "read_text")

    def from_items(self, items: Iterable[T], partitions: int | None = None) -> Dataset[T]:
        """The items of an iterable, read now.

        >>> import glowray as gr
        >>> gr.from_items(["a", "b"]).collect()
        ['a', 'b']
        """
        from glowray.io.memory import items_reader

        return self._read(items_reader(items, partitions or self.settings.partitions), "from_items")

    def from_range(
        self, start: int, stop: int | None = None, step: int = 1, partitions: int | None = None
    ) -> Dataset[int]:
        """The ints of range(start, stop, step).

        >>> import glowray as gr
        >>> gr.from_range(2, 10, 3).collect()
        [2, 5, 8]
        """
        from glowray.io.memory import range_reader

        return self._read(range_reader(start, stop, step, partitions or self.settings.partitions), "from_range")

    def from_source(self, fn: Callable[[int], Iterable[T]], partitions: int) -> Dataset[T]:
        """The rows that fn(partition_index) yields, on the workers.

        >>> import glowray as gr
        >>> gr.from_source(lambda index: [index] * 2, partitions=2).collect()
        [0, 0, 1, 1]
        """
        from glowray.io.memory import source_reader

        function = Function.of(fn, "from_source", spreads=False, arguments=(1,))
        return self._read(source_reader(function.call, partitions), "from_source", function)

    def from_channel(self, rows: Iterable[T] | queue.Queue[Any], partitions: int | None = None) -> Dataset[T]:
        """The rows of an iterable or a queue (until its first None), which may arrive while the job runs; read once.

        >>> import glowray as gr, queue
        >>> channel = queue.Queue()
        >>> for row in ("a", "b", None): channel.put(row)
        >>> gr.from_channel(channel, partitions=1).collect()
        ['a', 'b']

        Args:
            rows: nothing of it is read before an action; row i goes to partition i % n.
            partitions: n; None: 8.

        Raises:
            SpentSource: at a second action without cache().
        """
        from glowray.io.channel import channel_reader

        return self._read(channel_reader(rows, partitions or self.settings.partitions), "from_channel")

    def run(self) -> list[Any]:
        """Runs every output(…) and deferred write of this flow's datasets in one pass; a shared upstream runs once.

        >>> import glowray as gr
        >>> flow, seen = gr.Flow("two outputs"), []
        >>> rows = flow.from_range(3).output(seen.append)
        >>> flow.run()
        [None]
        >>> seen
        [0, 1, 2]

        Returns:
            In order of registration: Written(files, rows, bytes) for a write, None for an output.
        """
        from glowray.action.outputs import run_targets

        targets, self.targets = self.targets, []
        with only_user_frames():
            return run_targets(self.settings, self.outcome, targets)

    def _read(self, reader: Any, verb: str, function: Function | None = None) -> Dataset[Any]:
        return Dataset(Read(reader, verb, function), self)
