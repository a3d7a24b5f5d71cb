"""Verbs of many rows at once: a function of columns, a Unix command. No data moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from glowray.arguments import Bytes
from glowray.dataset.base import Base, Options, T_co, count_argument
from glowray.dataset.rowwise import Policy
from glowray.functions import Function
from glowray.kernels.batches import MapBatches
from glowray.kernels.pipe import SHELL, Pipe

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

_FORMATS = ("arrow", "pandas", "numpy", "polars")

BATCH_ROWS = 65_536
"""How many rows a batch of map_batches() has, but the last of a partition."""


class BatchVerbs(Base[T_co]):
    """map_batches, pipe."""

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
        """The rows of f(columns of a batch of rows), as dicts. No data moves.

        >>> import glowray as gr, pyarrow.compute as pc
        >>> words = gr.from_items([("be", 2), ("or", 1)], partitions=1)
        >>> words.map_batches(lambda table: table.filter(pc.greater(table["1"], 1))).collect()
        [{'0': 'be', '1': 2}]
        >>> words.map_batches(lambda columns: {"twice": columns["1"] * 2}, format="numpy").collect()
        [{'twice': 4}, {'twice': 2}]

        Columns are the keys of dicts, the fields of named tuples and dataclasses, `0`, `1`, … for tuples and `value`
        for anything else. Values are exact both ways: a column of ints that holds None is of pandas' int64[pyarrow],
        or of Python objects in NumPy, and what comes back are Python's own int, float, str, datetime, … and None.

        Args:
            f: of a batch; returns a pyarrow.Table or RecordBatch, a DataFrame of pandas (its index is dropped) or
                Polars, or a dict of arrays, of any number of rows. It is not called for a partition without rows.
            format: what f is given: "arrow" (pyarrow.Table), "pandas" or "polars" (DataFrame), "numpy" (dict of
                arrays).
            batch_size: rows a batch, counted from a partition's first; only its last has fewer.
            name: how plans, statistics and errors call this step.
            num_cpus: CPUs that a task of this step needs; num_gpus likewise.
            memory: bytes that a task of this step needs.

        Raises:
            ValueError: format or batch_size is none.
            ModuleNotFoundError: the library of the format is not installed.
            InexactColumn: at the action, for a value that Arrow cannot hold exactly; it names the column.
            TypeError: as for map(); at the action, if f returns something else.
        """
        from glowray.io.frames import check_installed

        if format not in _FORMATS:
            listed = ", ".join(f'"{known}"' for known in _FORMATS)
            raise ValueError(f"map_batches() knows the formats {listed}, not {format!r}")
        if format in ("pandas", "polars"):
            check_installed(format, f'map_batches(format="{format}")')
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
        r"""The lines that a Unix command prints when it is fed the rows as lines, once a partition. No data moves.

        >>> import glowray as gr
        >>> gr.from_items(["to be", "or not", "to be"], partitions=1).pipe("sort | uniq -c | tr -s ' '").collect()
        [' 1 or not', ' 2 to be']
        >>> gr.from_range(3, partitions=3).pipe(["tr", "0-9", "a-j"]).collect()
        ['a', 'b', 'c']

        Rows go in as str(row) and a newline, in UTF-8, and lines come out without their ends (\n or \r\n), while the
        command runs: neither side is held in memory. A row that holds a newline makes several lines. The command runs
        for an empty partition too. One that ends early without reading everything is no error if its exit code is 0;
        all rows are computed even so. It is ended, with all it started, when nobody wants its lines any more.

        Args:
            command: a str for `sh -c`, or a list of the program and its arguments.
            name: how plans, statistics and errors call this step.
            num_cpus: CPUs that a task of this step needs; num_gpus likewise.
            memory: bytes that a task of this step needs.

        Raises:
            TypeError: the command is neither a str nor a list of str.
            ValueError: it is empty.
            PipeFailed: at the action, if the command cannot be started, or its exit code (of a pipeline in sh: that of
                its last command) is not zero; the message has the end of what it wrote to stderr.
            UnicodeError: at the action, if a row or a line has no UTF-8.
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
