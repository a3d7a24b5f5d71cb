"""Verbs that take many rows at once: a function of columns, a Unix command. No data moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from glowray.arguments import Bytes
from glowray.dataset.core.base import Base, Options, T_co, count_argument
from glowray.dataset.verbs.rowwise import Policy
from glowray.functions import Function
from glowray.kernels.partition.batches import MapBatches
from glowray.kernels.partition.pipe import SHELL, Pipe

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

_FORMATS = ("arrow", "pandas", "numpy", "polars")

BATCH_ROWS = 65_536
"""Rows in a batch of map_batches(). The last batch of a partition may have fewer."""


class BatchVerbs(Base[T_co]):
    """The verbs map_batches and pipe."""

    def map_batches(
        self,
        f: Callable[[Any], Any],
        format: str = "arrow",  # noqa: A002  (the contract's word)
        *,
        batch_size: int = BATCH_ROWS,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[dict[str, Any]]:
        """Call f with the columns of a batch of rows, and chain the rows of its results, as dicts. No data moves.

        >>> import glowray as gr, pyarrow.compute as pc
        >>> words = gr.from_items([("be", 2), ("or", 1)], partitions=1)
        >>> words.map_batches(lambda table: table.filter(pc.greater(table["1"], 1))).collect()
        [{'0': 'be', '1': 2}]
        >>> words.map_batches(lambda columns: {"twice": columns["1"] * 2}, format="numpy").collect()
        [{'twice': 4}, {'twice': 2}]

        Columns are the keys of dicts, and the fields of named tuples and dataclasses. Tuples have columns `0`, `1`, …;
        other rows have one column, `value`. Values are exact in both directions. A column of ints with a None has
        pandas' type int64[pyarrow], or Python objects in NumPy. Returned values become int, float, str, datetime, … and
        None.

        Args:
            f: function of a batch; returns a pyarrow.Table or RecordBatch, a DataFrame, or a dict of arrays. It may
                return any number of rows. The index of a pandas DataFrame is dropped. f is not called for an empty
                partition.
            format: the type of a batch: "arrow" (pyarrow.Table), "pandas" or "polars" (DataFrame), "numpy" (dict of
                arrays).
            batch_size: rows in a batch, counted from the partition's first row. Only its last batch has fewer.
            name: the step's name in plans, statistics and errors.
            on_error: checked as by map(), without effect: an exception in f always fails the job.
            num_cpus: as for map(), like num_gpus and memory.

        Raises:
            ValueError: there is no such format, or batch_size is less than 1.
            MissingLibrary: the format's library is not installed.
            TypeError: as for map(). At the action, f returns another type.
            InexactColumn: at the action, Arrow cannot hold a column's values exactly. The message names the column.
        """
        from glowray.extras import check_extra

        if format not in _FORMATS:
            listed = ", ".join(f'"{known}"' for known in _FORMATS)
            raise ValueError(f"map_batches() knows the formats {listed}, not {format!r}")
        if format in ("pandas", "polars"):
            check_extra(format, f'map_batches(format="{format}")')
        size = count_argument("map_batches", batch_size, 1)
        function = Function.of(f, "map_batches", name=name, spreads=False, arguments=(1,))
        step = MapBatches("map_batches", function.label, function, format, size)
        return self._step(step, Options(name, on_error, num_cpus, num_gpus, memory).checked().resources)

    def pipe(
        self,
        command: str | Sequence[str | os.PathLike[str]],
        *,
        name: str | None = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[str]:
        r"""Pass each partition's rows through a Unix command, as lines; its output lines are the rows. No data moves.

        >>> import glowray as gr
        >>> gr.from_items(["to be", "or not", "to be"], partitions=1).pipe("sort | uniq -c | tr -s ' '").collect()
        [' 1 or not', ' 2 to be']
        >>> gr.from_range(3, partitions=3).pipe(["tr", "0-9", "a-j"]).collect()
        ['a', 'b', 'c']

        A row goes in as str(row) and a newline, in UTF-8. A row that contains a newline makes several lines. Output
        lines lose their ends (\n or \r\n). Input and output stream: neither is held in memory as a whole.

        The command runs once for each partition, also for an empty one. It may exit with 0 before it has read all rows;
        they are computed all the same. The command and its child processes are ended as soon as nobody wants more
        lines.

        Args:
            command: a str for `sh -c`, or a list of the program and its arguments.
            name: the step's name in plans, statistics and errors.
            num_cpus: as for map(), like num_gpus and memory.

        Raises:
            TypeError: the command is neither a str nor a list of str.
            ValueError: the command is empty or contains a NUL character.
            PipeFailed: at the action, the command cannot be started, or its exit code is not 0. A pipeline in sh has
                the exit code of its last command. The message has the end of stderr.
            UnicodeError: at the action, a row cannot be encoded as UTF-8, or a line is not UTF-8.
        """
        arguments = _checked(command)
        step = Pipe("pipe", name or _shown(command), arguments)
        return self._step(step, Options(name, None, num_cpus, num_gpus, memory).resources)


def _checked(command: Any) -> tuple[str, ...]:
    if isinstance(command, str):
        arguments: tuple[Any, ...] = (*SHELL, command)
    elif isinstance(command, Sequence) and not isinstance(command, bytes):
        arguments = tuple(os.fspath(part) if isinstance(part, os.PathLike) else part for part in command)
    else:
        raise TypeError(f"pipe() needs a str for the shell or a list of str, got {type(command).__name__}")
    if not all(isinstance(part, str) for part in arguments):
        raise TypeError(f"pipe() needs a program and arguments that are all str, got {command!r:.200}")
    if not arguments or not arguments[0] or not arguments[-1 if isinstance(command, str) else 0].strip():
        raise ValueError("pipe() needs a command, got an empty one")
    if any("\0" in part for part in arguments):
        raise ValueError("pipe() needs a command without a NUL character")
    return arguments


def _shown(command: Any) -> str:
    text = command if isinstance(command, str) else " ".join(map(str, command))
    return text if len(text) <= 40 else text[:39] + "…"
