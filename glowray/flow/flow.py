"""A Flow: the settings of jobs, and what the last one did."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from glowray.action.settings import Outcome, Settings, error_policy
from glowray.arguments import Bytes
from glowray.boundary import public
from glowray.engine.choose import check_engine
from glowray.flow.sources_files import FileSources
from glowray.flow.sources_memory import MemorySources
from glowray.flow.sources_sql import SqlSources
from glowray.io.reader import check_partitions
from glowray.kernels.resources import Resources
from glowray.watch.stats import Stats


@public
class Flow(FileSources, SqlSources, MemorySources):
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
        num_cpus: CPUs that each task asks for; memory: bytes, of which its rows take no more than about
            half, and go to a file beyond; labels: of the nodes it may run on.

    Raises:
        ValueError: an engine or on_error that does not exist, a number that is negative.
        TypeError: an argument of another type.
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
        memory: Bytes | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        if engine is not None:
            check_engine(engine)
        check_partitions(partitions)
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
        return run_targets(self.settings, self.outcome, targets)
