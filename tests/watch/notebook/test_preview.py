"""Test that a notebook shows the first rows only if they are there at once, without a job or a user's function."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray.io.memory import RangeReader
from glowray.watch.notebook import preview as module
from glowray.watch.notebook.preview import ROWS, Preview, preview
from tests.engine.doubles import Lab


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for rows: the machine of a test may be busy."""
    monkeypatch.setattr(module, "SECONDS", 60.0)


def fail(*arguments: Any) -> Any:
    raise AssertionError("a function of the user's ran")


def seen(rows: gr.Dataset[Any]) -> Preview | None:
    return preview(rows._node)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def parquet(path: Path) -> Path:
    pq.write_table(pa.table({"n": [1]}), path)
    return path


SOURCES: dict[str, tuple[Callable[[gr.Flow, Path], Any], list[Any]]] = {
    "items": (lambda flow, path: flow.from_items(["a", None], partitions=2), ["a", None]),
    "range": (lambda flow, path: flow.from_range(2), [0, 1]),
    "text": (lambda flow, path: flow.read_text(written(path / "a.txt", "to\nbe\n")), ["to", "be"]),
    "csv": (lambda flow, path: flow.read_csv(written(path / "a.csv", "n\n1\n"), types={"n": int}), [{"n": 1}]),
    "parquet": (lambda flow, path: flow.read_parquet(parquet(path / "a.parquet")), [{"n": 1}]),
    "pandas": (lambda flow, path: flow.from_pandas(pd.DataFrame({"n": [1]})), [{"n": 1}]),
    "json": (lambda flow, path: flow.read_json(written(path / "a.json", '{"n": 1}\n')), [{"n": 1}]),
    "arrow": (lambda flow, path: flow.from_arrow(pa.table({"n": [1]})), [{"n": 1}]),
}


@pytest.mark.parametrize("name", SOURCES)
def test_first_rows_of_a_source(name: str, tmp_path: Path) -> None:
    make, rows = SOURCES[name]
    made = make(gr.Flow(engine="inline"), tmp_path)
    assert seen(made) == Preview(rows, False)
    followed = seen(made.map(fail).filter(fail).sort(fail))
    assert followed is not None and followed.rows == rows and followed.source.startswith(f"{made._node.verb}(")


def test_no_more_than_ten_rows() -> None:
    assert seen(gr.from_range(ROWS)) == Preview(list(range(ROWS)), False)
    assert seen(gr.from_range(10**9)) == Preview(list(range(ROWS)), True)


@pytest.mark.parametrize(
    "make",
    [
        lambda flow, path: flow.from_source(fail, 2),
        lambda flow, path: flow.read_sql("select 1", fail),
        lambda flow, path: flow.read_csv(written(path / "a.csv", "n\n1\n"), types={"n": fail}),
        lambda flow, path: flow.read_json(written(path / "a.json", "not json\n")),
        lambda flow, path: flow.from_channel(iter([1])),
    ],
)
def test_none_of_what_would_run_the_users_code_or_fails(make: Callable[..., Any], tmp_path: Path) -> None:
    assert seen(make(gr.Flow(engine="inline"), tmp_path)) is None


def test_of_what_is_cached(engine: Lab) -> None:
    calls = gr.counter("calls")

    def counted(n: int) -> int:
        calls.add(1)
        return -n

    flow = engine.flow()
    rows = flow.from_range(3, partitions=3).map(counted).cache()
    assert (found := seen(rows)) is not None and found.source == "from_range(0, 3)"
    rows.count()
    assert seen(rows) == Preview([0, -1, -2], False)
    assert flow.counters["calls"] == 3


def test_a_reader_that_is_slow_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    def read(self: RangeReader, index: int) -> Iterator[list[int]]:
        free.wait()
        yield [1]

    monkeypatch.setattr(RangeReader, "read_blocks", read)
    monkeypatch.setattr(module, "SECONDS", 0.15)
    try:
        assert seen(gr.from_range(3)) is None
    finally:
        free.set()
