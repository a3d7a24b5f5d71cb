"""The Flow: the settings of jobs, and the results of the last one."""

from __future__ import annotations

import json
import os
import pathlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from glowray.action.resuming import saved_folder_of
from glowray.action.settings import Outcome, Settings, error_policy
from glowray.arguments import Bytes, StorageOptions
from glowray.boundary import public
from glowray.engine.choice import check_engine
from glowray.engine.task.protocol import Engine
from glowray.flow.sources_external import ExternalSources
from glowray.flow.sources_files import FileSources
from glowray.flow.sources_memory import MemorySources
from glowray.flow.sources_sql import SqlSources
from glowray.io.reader import check_partitions
from glowray.resources import Resources
from glowray.watch.notebook.shown_text import RowErrors
from glowray.watch.picture.whole_file import write_whole
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.stats import Stats


@public
class Flow(FileSources, SqlSources, ExternalSources, MemorySources):
    """A job before it runs: its name, its settings, and the statistics of its last action.

    >>> import glowray as gr
    >>> gr.Flow("squares").from_range(4).map(lambda n: n * n).collect()
    [0, 1, 4, 9]

    Args:
        name: shown in explain(), progress, the Ray dashboard and errors.
        engine: "inline" (this process), "ray", or None. With None, the flow uses a cluster that is connected or named
            in the environment. Without one it starts inline, and a long job moves to Ray.
            An Engine object runs the tasks itself: for tests and for new engines. Its interface may change.
        partitions: the number of partitions of each source; None: the source chooses from the size of its input.
        on_error: what happens to a row on which a function fails, and to a line that read_csv or read_json cannot read.
            "raise" raises the exception. "skip" drops the row. "collect" also keeps it in `errors`. A path writes it to
            a file of JSON lines. It may be a URL.
        max_errors: how many rows may be dropped before the job fails; None: any number.
        progress: whether to show progress; None: in a terminal, for long jobs.
        vectorize: whether to compile functions into loops and column programs. Results are the same without.
        num_cpus: CPUs that each task asks for.
        memory: bytes that each task asks for. A task holds rows of about half as many bytes, and writes the rest to
            temporary files.
        labels: a dict of str; tasks run only on nodes with these labels.
        storage_options: what opens the stores of the URLs of on_error and resume, as for write_text().
        resume: a folder or URL where tasks save what they make. If the job dies, the same program goes on from there.
            The folder is emptied when the process ends well. None: the environment's GLOWRAY_RESUME, else nothing is
            saved.

    Raises:
        ValueError: `engine` or `on_error` does not exist, or a number is negative.
        TypeError: an argument has another type.
    """

    def __init__(
        self,
        name: str = "flow",
        *,
        engine: str | Engine | None = None,
        partitions: int | None = None,
        on_error: str | pathlib.Path = "raise",
        max_errors: int | None = None,
        progress: bool | None = None,
        vectorize: bool = True,
        num_cpus: float | None = None,
        memory: Bytes | None = None,
        labels: Mapping[str, str] | None = None,
        storage_options: StorageOptions = None,
        resume: str | os.PathLike[str] | None = None,
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
            storage_options=storage_options,
            max_errors=max_errors,
            progress=progress,
            vectorize=vectorize,
            resources=Resources.of(num_cpus, None, memory, labels),
            saved=saved_folder_of(resume, storage_options),
        )
        self.outcome = Outcome()
        self.targets: list[Any] = []

    def __repr__(self) -> str:
        return f"<Flow {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Flow cannot be used inside a function")

    def close(self) -> None:
        """Say that the flow has no more actions: what `resume=` has saved is removed, unless an action failed.

        >>> import glowray as gr, tempfile
        >>> flow = gr.Flow(resume=tempfile.mkdtemp())
        >>> flow.from_range(4).count()
        4
        >>> flow.close()

        A script need not call it, as the end of the process does the same. A notebook does. Moves no data.
        """
        if self.settings.saved is not None:
            self.settings.saved.close()

    @property
    def name(self) -> str:
        """Return the flow's name."""
        return self.settings.name

    @property
    def stats(self) -> Stats:
        """Return the statistics of the last action or run, stage by stage."""
        return self.outcome.stats

    @property
    def counters(self) -> Mapping[str, int]:
        """Return the counters of the last action or run, by name. A counter that was never added to is 0."""
        return Counter(self.outcome.counters)

    @property
    def skipped(self) -> dict[str, int]:
        """Return how many rows on_error dropped in the last action or run, by step: its verb, or its `name=`."""
        return dict(self.outcome.skipped)

    @property
    def errors(self) -> list[Any]:
        """Return the rows that failed under on_error="collect", as records with step, row and error."""
        return RowErrors(self.outcome.errors)

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write a report of the last action or run as one HTML file that loads nothing. It may have failed.

        >>> import glowray as gr, tempfile
        >>> flow = gr.Flow("squares", engine="inline")
        >>> flow.from_range(4).map(lambda n: n * n).sum()
        14
        >>> flow.report(tempfile.mkdtemp() + "/run.html")

        The report shows the plan coloured by time, the tasks on a time line, and the rows and bytes of each stage. It
        counts the rows that ran in Python, with the reasons, and says where the time went. Moves no data.

        Raises:
            ValueError: no action of the flow has run.
            FileNotFoundError: the folder of `path` does not exist.
        """
        from glowray.watch.report.report import report

        write_whole(path, report(self._ran("report")).encode("utf-8", "backslashreplace"), "report")

    def trace(self, path: str | os.PathLike[str]) -> None:
        """Write the last action or run as a JSON file in Chrome's trace format, for ui.perfetto.dev. Moves no data.

        >>> import glowray as gr, tempfile
        >>> flow = gr.Flow("squares", engine="inline")
        >>> flow.from_range(4).map(lambda n: n * n).sum()
        14
        >>> flow.trace(tempfile.mkdtemp() + "/run.json")

        Raises:
            ValueError: no action of the flow has run.
            FileNotFoundError: the folder of `path` does not exist.
        """
        from glowray.watch.report.trace import trace

        write_whole(path, json.dumps(trace(self._ran("trace"))).encode(), "trace")

    def _ran(self, method: str) -> RunRecord:
        if not self.outcome.record.has_run:
            raise ValueError(f"{method}() tells of the flow's last action, and none has run: call one first")
        return self.outcome.record

    def run(self) -> list[Any]:
        """Run all outputs and deferred writes of this flow's datasets in one pass.

        >>> import glowray as gr
        >>> flow, seen = gr.Flow("two outputs"), []
        >>> rows = flow.from_range(3).output(seen.append)
        >>> flow.run()
        [None]
        >>> seen
        [0, 1, 2]

        Steps that several of them share run once.

        Returns:
            A list in order of registration: Written(files, rows, bytes) for a write, None for an output.
        """
        from glowray.action.outputs import run_targets

        targets, self.targets = self.targets, []
        return run_targets(self.settings, self.outcome, targets)
