"""Test loops over the fields of records: the rows of Python's loops, whole rows in errors, files of any columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.kernels.loops.record_rows import fits, leaves
from glowray.rows import Block
from glowray.rows.types.kinds import ANY, RecordOf, TupleOf

VALUES = st.sampled_from(["", "1", "12", "a", "ß", "-3", "x,y", 'q"', "1.5"])
KEPT: list[Any] = []


def number(row: Any) -> int:
    text = row["n"]
    return int(text) if text and text.isdigit() else 0


def odd(row: Any) -> Any:
    return 10 // (number(row) - 1)


def changed(row: Any) -> Any:
    row["n"] = row.get("extra", "none")
    return row


STEPS: list[Any] = [
    lambda ds: ds.map(lambda row: {**row, "number": number(row)}),
    lambda ds: ds.filter(lambda row: number(row) != 12),
    lambda ds: ds.map(lambda row: {"n": row["n"], "t": (row["t"], number(row))}),
    lambda ds: ds.map(odd, on_error="skip").map(lambda n: {"n": str(n), "t": n}),
    lambda ds: ds.map(changed),
    lambda ds: ds.filter(changed),
    lambda ds: ds.flat_map(lambda row: [{**row, "i": i} for i in range(2)]),
    lambda ds: ds.key_by(lambda row: row["n"]).map_values(lambda row: {**row, "v": 1}).values(),
    lambda ds: ds.map(lambda row: row),
]
ENDS: list[Any] = [
    lambda ds: ds.collect(),
    lambda ds: ds.count(),
    lambda ds: ds.take(3),
    lambda ds: ds.map(lambda row: (row["n"], number(row))).reduce_by_key(lambda a, b: a + b).collect(),
    lambda ds: ds.map(odd).collect(),
    lambda ds: ds.group_by(lambda row: number(row)).collect(),
    lambda ds: ds.local_sort(key=lambda row: str(row["n"])).collect(),
]


def outcome(run: Any) -> Any:
    try:
        return run()
    except Exception as error:
        return type(error), error.args, error.__notes__


@given(
    rows=st.lists(st.lists(VALUES, min_size=0, max_size=4), max_size=8),
    others=st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=3),
    chosen=st.lists(st.sampled_from(STEPS), max_size=3),
    end=st.sampled_from(ENDS),
)
def test_fields_give_what_rows_give(
    tmp_path_factory: pytest.TempPathFactory, rows: Any, others: Any, chosen: Any, end: Any
) -> None:
    folder = tmp_path_factory.mktemp("records")
    lines = [",".join(f'"{field.replace(chr(34), chr(34) * 2)}"' if field else "" for field in row) for row in rows]
    (folder / "a.csv").write_text("\n".join(["n,t,extra", *lines]))
    (folder / "b.csv").write_text("\n".join(["t,other,n", *(",".join(map(repr, row)) for row in others)]))
    found = []
    for vectorize in (True, False):
        ds = gr.Flow(engine="inline", vectorize=vectorize).read_csv(str(folder / "*.csv"))
        for step in chosen:
            ds = step(ds)
        found.append(outcome(lambda ds=ds: end(ds)))
    assert repr(found[0]) == repr(found[1])


def test_an_error_shows_the_whole_row_though_few_columns_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,t,u\n" + "5,x,y\n" * 3 + "1,x,z\n")
    pq.write_table(pa.table({"n": ["5", "1"], "t": ["x", "x"], "u": [1, 2]}), tmp_path / "b.parquet")
    flow = gr.Flow(engine="inline")
    for ds, row in (
        (flow.read_csv(str(tmp_path / "a.csv")), {"n": "1", "t": "x", "u": "z"}),
        (flow.read_parquet(str(tmp_path / "b.parquet")), {"n": "1", "t": "x", "u": 2}),
    ):
        with pytest.raises(ZeroDivisionError) as raised:
            ds.map(lambda row: {"v": odd(row), "w": row["n"]}).collect()
        assert f"row: {row}" in raised.value.__notes__
        with pytest.raises(ZeroDivisionError) as raised:
            ds.map(lambda row: {**row, "v": 1}).filter(lambda row: row["v"]).map(lambda row: odd(row)).collect()
        assert f"row: { {**row, 'v': 1} }" in raised.value.__notes__


def test_rows_of_an_earlier_stage_are_fields_too() -> None:
    flow = gr.Flow(engine="inline")
    pairs = flow.from_items([(f"k{i % 3}", {"a": i, "b": [i]}) for i in range(9)], 2).partition_by_key(2)
    found = pairs.map(lambda key, row: {**row, "key": key}).filter(lambda row: row["a"] % 2).collect()
    assert sorted(found, key=lambda row: row["a"]) == [{"a": i, "b": [i], "key": f"k{i % 3}"} for i in (1, 3, 5, 7)]


def test_what_a_function_keeps_is_its_own_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,t\n1,x\n2,y\n")

    def kept(row: Any) -> bool:
        row["n"] += "!"
        return True

    assert gr.Flow(engine="inline").read_csv(str(tmp_path / "a.csv")).filter(kept).collect() == [
        {"n": "1!", "t": "x"},
        {"n": "2!", "t": "y"},
    ]


def test_a_kind_fits_rows_of_its_tuples_and_dicts() -> None:
    kind = TupleOf((int, RecordOf((("a", ANY), ("b", str)))))
    assert list(leaves(kind)) == [((0,), (0,)), ((1, 0), (1, "a")), ((1, 1), (1, "b"))]
    fit = lambda *rows: fits(kind, Block.from_rows(rows).chunks[0].shape)
    assert fit((1, {"a": 1, "b": None}))
    assert not fit((1, {"b": 1, "a": None}))
    assert not fit((1, {"a": 1, "b": None}), (1, None))
    assert not fit({"a": 1, "b": 2})


@pytest.mark.slow
@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@pytest.mark.parametrize("missing", [0, 1, 9])
def test_rows_of_a_join_are_fields_too(how: str, missing: int) -> None:
    def joined(vectorize: bool) -> list[Any]:
        flow = gr.Flow(engine="inline", vectorize=vectorize)
        left = flow.from_items([(f"k{i % 4}", {"a": i, "n": None if i % 3 else "x"}) for i in range(9)], 3)
        right = flow.from_items([(f"k{i + missing}", {"b": i}) for i in range(3)], 2)
        rows = left.join(right, how=how).map(
            lambda key, row, other: {**(row or {}), "key": key, "b": other["b"] if other else None, "row": row}
        )
        return rows.filter(lambda row: row["b"] != 1).map(changed).collect()

    assert repr(joined(True)) == repr(joined(False))
    assert joined(True) or missing == 9
