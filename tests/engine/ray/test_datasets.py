"""from_ray() and to_ray(): blocks pass as references, rows and their order are exact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import ray
import ray.data

import glowray as gr
from glowray.errors import ClusterError, InexactColumn

pytestmark = pytest.mark.ray

PLAIN = [{"n": n, "s": f"w{n}" if n % 3 else None, "f": n / 4, "d": dt.date(2024, 1, 1 + n % 28)} for n in range(500)]


@pytest.fixture(autouse=True)
def quiet(local_ray: None) -> Iterator[None]:
    """Run a test on the shared Ray, without the progress bars of Ray Data."""
    context = ray.data.DataContext.get_current()
    before, context.enable_progress_bars = context.enable_progress_bars, False
    yield
    context.enable_progress_bars = before


def datasets() -> dict[str, ray.data.Dataset]:
    """Ray datasets of each kind of block, and of each way to make one."""
    zoned = pa.array([dt.datetime(2024, 7, 1)], pa.timestamp("us", "Europe/Paris"))
    table = pa.table(
        {"z": zoned, "l": [[1, None]], "t": [{"a": 1}], "x": [Decimal("1.10")], "b": [b"\xff"], "o": [None]}
    )
    return {
        "plain": ray.data.from_items(PLAIN),
        "items": ray.data.from_items(["a", "b", "c"]),
        "arrow": ray.data.from_arrow([table, table]),
        "pandas": ray.data.from_pandas(pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.5, float("nan")]})),
        "tensors": ray.data.from_numpy(np.arange(12).reshape(4, 3)),
        "objects": ray.data.from_items([{"v": complex(n, 1)} for n in range(5)]),
        "empty": ray.data.from_items(PLAIN).filter(lambda row: False),
        "lazy": ray.data.range(300, override_num_blocks=7).map(lambda row: {"m": row["id"] * 2}),
        "limited": ray.data.range(300, override_num_blocks=4).limit(130),
        "union": ray.data.range(5).union(ray.data.range(3)),
    }


KINDS = ["plain", "items", "arrow", "pandas", "tensors", "objects", "empty", "lazy", "limited", "union"]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_those_of_iter_rows(kind: str) -> None:
    dataset = datasets()[kind]
    dataset.context.execution_options.preserve_order = True
    expected = list(dataset.iter_rows())
    for engine in ("ray", "inline"):
        rows = gr.Flow(engine=engine).from_ray(dataset, 3)
        assert repr(rows.collect()) == repr(expected)
        sizes = rows.map_partitions(lambda rows: [sum(1 for _ in rows)]).collect()
        assert sizes == [len(expected) * (place + 1) // 3 - len(expected) * place // 3 for place in range(3)]


def test_a_lazy_dataset_runs_once_at_the_action(tmp_path: Path) -> None:
    def noted(row: dict[str, Any]) -> dict[str, Any]:
        Path(tmp_path, str(row["id"])).write_text("x" + "x" * Path(tmp_path, str(row["id"])).exists())
        return row

    rows = gr.Flow(engine="ray").from_ray(ray.data.range(5, override_num_blocks=2).map(noted))
    assert rows.num_partitions == 5
    assert "from_ray(" in rows.explain()
    assert not list(tmp_path.iterdir())
    assert rows.count() == 5
    assert rows.map(lambda row: row["id"]).collect() == list(range(5))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["x"] * 5


def test_the_order_of_the_dataset_is_kept_and_its_options_stay(local_ray: None) -> None:
    def slow_first(row: dict[str, Any]) -> dict[str, Any]:
        return {"n": row["id"], "sum": sum(range(200_000 if row["id"] < 10 else 1))}

    dataset = ray.data.range(40, override_num_blocks=8).map(slow_first)
    assert gr.Flow(engine="ray").from_ray(dataset).map(lambda row: row["n"]).collect() == list(range(40))
    assert not dataset.context.execution_options.preserve_order


def test_records_become_columns() -> None:
    flow = gr.Flow(engine="ray")
    rows = [*PLAIN, {"n": None, "late": [1, 2]}]
    made = flow.from_items(rows, 4).to_ray()
    assert made.num_blocks() == 4
    assert made.schema().base_schema == pa.schema(
        {
            "n": pa.int64(),
            "s": pa.large_string(),
            "f": pa.float64(),
            "d": pa.date32(),
            "late": pa.large_list(pa.int64()),
        }
    )
    names = ("n", "s", "f", "d", "late")
    assert list(made.iter_rows()) == [{name: row.get(name) for name in names} for row in rows]
    assert made.materialize().map(lambda row: {"n": row["n"]}).count() == 501


@pytest.mark.parametrize("engine", ["ray", "inline"])
@pytest.mark.parametrize("rows", [[1, 2, None], ["a", "b"], [[1], [2, 3]], [b"x"], [1.5, float("inf")]])
def test_other_rows_are_items(rows: list[Any], engine: str) -> None:
    made = gr.Flow(engine=engine).from_items(rows, 2).to_ray()
    assert list(made.iter_rows()) == list(ray.data.from_items(rows).iter_rows()) == [{"item": row} for row in rows]


def test_there_and_back() -> None:
    flow = gr.Flow(engine="ray")
    made = flow.from_ray(flow.from_items(PLAIN, 3).to_ray())
    assert made.collect() == PLAIN
    assert flow.from_ray(flow.from_items(PLAIN).filter(lambda row: False).to_ray()).collect() == []


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"a": 1}, {"a": 2.5}], r"column \"a\" holds float and int .*\{'a': 1\}.*\{'a': 2.5\}"),
        ([(1, 2)], 'column "item" holds a tuple'),
        ([{"a": [(1,)]}], r'column "a\[\]" holds a tuple'),
        ([{"a": 2**70}], 'column "a" holds'),
    ],
)
def test_values_that_arrow_lacks(rows: list[Any], text: str) -> None:
    with pytest.raises(InexactColumn, match=text) as caught:
        gr.Flow(engine="ray").from_items(rows, 2).to_ray()
    assert "in to_ray()" in caught.value.__notes__


def test_no_row_comes_to_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver fetches reports and metadata, and none of the 16 MB of rows."""
    flow = gr.Flow(engine="ray")
    fetched: list[int] = []
    get = ray.get

    def counting(refs: Any, **options: Any) -> Any:
        values = get(refs, **options)
        fetched.append(len(repr(values)))
        return values

    monkeypatch.setattr(ray, "get", counting)
    dataset = ray.data.range(2_000_000, override_num_blocks=4)
    rows = flow.from_ray(dataset, 4).map(lambda row: {"n": row["id"] + 1})
    made = rows.to_ray()
    driver_bytes = sum(stage.driver_bytes for stage in flow.stats.stages)
    monkeypatch.undo()
    assert driver_bytes == 0
    assert sum(fetched) < 200_000
    assert made.sum("n") == 2_000_001 * 1_000_000


def test_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match=r"from_ray\(\) needs a ray.data.Dataset, got list"):
        gr.from_ray([1])
    monkeypatch.setattr("glowray.action.record_tables.is_connected", lambda: False)
    with pytest.raises(ClusterError, match=r"to_ray\(\) needs a Ray: call gr.connect\(\) first"):
        gr.Flow(engine="inline").from_items([1]).to_ray()
