"""Workloads and the programs that do them. A program is opened once and then run several times."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

    import glowray as gr


@dataclass(frozen=True)
class Case:
    """A workload at one size: its input files, a folder for output, the cores it may use, and glowray's engine."""

    size: int
    inputs: Mapping[str, Path]
    out: Path
    cores: int = 2
    engine: str = "ray"


Job: TypeAlias = Callable[[], Any]


@dataclass(frozen=True)
class Program:
    """A way to do a workload. `open` makes imports, processes and sessions and gives the function that a run calls."""

    name: str
    needs: tuple[str, ...]
    open: Callable[[Case], AbstractContextManager[Job]]


@dataclass(frozen=True)
class Workload:
    """A task to which every program must give the same answer.

    `unit` is the unit of `size`, "bytes" or "rows". `answer` makes a comparable value of the result of a run,
    which is not timed.
    """

    name: str
    title: str
    unit: str
    size: int
    inputs: Callable[[Path, int], Mapping[str, Path]]
    programs: tuple[Program, ...]
    answer: Callable[[Any], Any] = lambda result: result


def glowray(build: Callable[[gr.Flow, Case], Any], name: str = "glowray") -> Program:
    """Return a glowray program. Each run is a new flow, on an engine that keeps running."""

    @contextmanager
    def opened(case: Case) -> Iterator[Job]:
        import glowray as gr

        yield lambda: build(gr.Flow(name, engine=case.engine), case)

    return Program(name, ("glowray",), opened)


def pooled(run: Callable[[Case, Pool], Any], name: str) -> Program:
    """Return a program of hand-written Python on a pool of forked processes, one a core."""

    @contextmanager
    def opened(case: Case) -> Iterator[Job]:
        with multiprocessing.get_context("fork").Pool(case.cores) as pool:
            yield lambda: run(case, pool)

    return Program(name, (), opened)


def native(run: Callable[[Case], Any], name: str) -> Program:
    """Return a program of the library `name`, in this process, with one thread a core."""

    @contextmanager
    def opened(case: Case) -> Iterator[Job]:
        os.environ["POLARS_MAX_THREADS"] = str(case.cores)
        if name == "duckdb":
            import duckdb

            duckdb.execute(f"SET threads = {case.cores}")
        yield lambda: run(case)

    return Program(name, (name,), opened)


def spark(run: Callable[[Case, Any], Any]) -> Program:
    """Return a PySpark program on RDDs, in Spark's local mode. `run` gets the SparkContext."""

    @contextmanager
    def opened(case: Case) -> Iterator[Job]:
        os.environ["PYSPARK_PYTHON"] = sys.executable
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(f"local[{case.cores}]").config("spark.driver.memory", "4g")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
        session = builder.config("spark.ui.enabled", "false").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        try:
            yield lambda: run(case, session.sparkContext)
        finally:
            session.stop()

    return Program("spark", ("pyspark",), opened)


def dask(run: Callable[[Case], Any]) -> Program:
    """Return a Dask Bag program on Dask's scheduler of processes."""

    @contextmanager
    def opened(case: Case) -> Iterator[Job]:
        import dask

        with multiprocessing.get_context("fork").Pool(case.cores) as pool:
            dask.config.set(scheduler="processes", pool=pool)
            yield lambda: run(case)

    return Program("dask", ("dask", "cloudpickle"), opened)
