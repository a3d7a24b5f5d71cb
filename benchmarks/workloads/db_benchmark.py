"""The ten group-by questions of db-benchmark: rows with six key columns and three value columns, from Parquet.

Source of the questions and of the data's shape (G1_1e7_1e2_0_0): github.com/duckdblabs/db-benchmark. The result of a
question is an Arrow table. Each question is a workload of its own, `db_benchmark.q1` to `db_benchmark.q10`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.program import Case, Workload, glowray, native

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    import glowray as gr

GROUPS = 100  # of id1, id2, id4 and id5; id3 and id6 have as many rows each
ROWS = 1_000_000  # of a row group, and of what is made at once
KEYS = ("id1", "id2", "id3", "id4", "id5", "id6")

Flows = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""A question by lambdas and by field names."""


def q1() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: (r["id1"], r["v1"])).reduce_by_key(lambda a, b: a + b).to_arrow(columns=["id1", "v1"])
        ),
        lambda rows: rows.group_by("id1").agg(v1=agg.sum("v1")).to_arrow(),
    )


def q2() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: ((r["id1"], r["id2"]), r["v1"]))
            .reduce_by_key(lambda a, b: a + b)
            .map(lambda key, v1: (*key, v1))
            .to_arrow(columns=["id1", "id2", "v1"])
        ),
        lambda rows: rows.group_by("id1", "id2").agg(v1=agg.sum("v1")).to_arrow(),
    )


def q3() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: (r["id3"], (r["v1"], r["v3"], 1)))
            .reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2]))
            .map(lambda id3, v1, v3, n: (id3, v1, v3 / n))
            .to_arrow(columns=["id3", "v1", "v3"])
        ),
        lambda rows: rows.group_by("id3").agg(v1=agg.sum("v1"), v3=agg.mean("v3")).to_arrow(),
    )


def q4() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: (r["id4"], (r["v1"], r["v2"], r["v3"], 1)))
            .reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]))
            .map(lambda id4, v1, v2, v3, n: (id4, v1 / n, v2 / n, v3 / n))
            .to_arrow(columns=["id4", "v1", "v2", "v3"])
        ),
        lambda rows: rows.group_by("id4").agg(v1=agg.mean("v1"), v2=agg.mean("v2"), v3=agg.mean("v3")).to_arrow(),
    )


def q5() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: (r["id6"], (r["v1"], r["v2"], r["v3"])))
            .reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2]))
            .map(lambda id6, v1, v2, v3: (id6, v1, v2, v3))
            .to_arrow(columns=["id6", "v1", "v2", "v3"])
        ),
        lambda rows: rows.group_by("id6").agg(v1=agg.sum("v1"), v2=agg.sum("v2"), v3=agg.sum("v3")).to_arrow(),
    )


def q6() -> Flows:
    import numpy as np

    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: ((r["id4"], r["id5"]), r["v3"]))
            .group_by_key()
            .map(lambda key, values: (*key, float(np.median(values)), float(np.std(values, ddof=1))))
            .to_arrow(columns=["id4", "id5", "median", "std"])
        ),
        lambda rows: rows.group_by("id4", "id5").agg(median=agg.median("v3"), std=agg.std("v3")).to_arrow(),
    )


def q7() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: (r["id3"], (r["v1"], r["v2"])))
            .reduce_by_key(lambda a, b: (max(a[0], b[0]), min(a[1], b[1])))
            .map(lambda id3, high, low: (id3, high - low))
            .to_arrow(columns=["id3", "range"])
        ),
        lambda rows: (
            rows.group_by("id3")
            .agg(high=agg.max("v1"), low=agg.min("v2"))
            .map(lambda r: {"id3": r["id3"], "range": r["high"] - r["low"]})
            .to_arrow()
        ),
    )


def q8() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: (r["id6"], r["v3"]))
            .top_by_key(2)
            .flat_map_values(lambda largest: largest)
            .to_arrow(columns=["id6", "v3"])
        ),
        lambda rows: rows.group_by("id6").agg(v3=agg.top(2, "v3")).explode("v3").to_arrow(),
    )


def q9() -> Flows:
    from glowray import agg

    def squared_correlation(n: int, x: int, y: int, xx: int, yy: int, xy: int) -> float:
        return (n * xy - x * y) ** 2 / ((n * xx - x * x) * (n * yy - y * y))

    def add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
        return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5]

    return (
        lambda rows: (
            rows.map(
                lambda r: (
                    (r["id2"], r["id4"]),
                    (1, r["v1"], r["v2"], r["v1"] * r["v1"], r["v2"] * r["v2"], r["v1"] * r["v2"]),
                )
            )
            .reduce_by_key(add)
            .map(
                lambda key, s: (
                    *key,
                    (s[0] * s[5] - s[1] * s[2]) ** 2 / ((s[0] * s[3] - s[1] * s[1]) * (s[0] * s[4] - s[2] * s[2])),
                )
            )
            .to_arrow(columns=["id2", "id4", "r2"])
        ),
        lambda rows: (
            rows.group_by("id2", "id4")
            .agg(
                n=agg.count(),
                x=agg.sum("v1"),
                y=agg.sum("v2"),
                xx=agg.sum(lambda r: r["v1"] * r["v1"]),
                yy=agg.sum(lambda r: r["v2"] * r["v2"]),
                xy=agg.sum(lambda r: r["v1"] * r["v2"]),
            )
            .with_fields(r2=lambda r: squared_correlation(r["n"], r["x"], r["y"], r["xx"], r["yy"], r["xy"]))
            .select("id2", "id4", "r2")
            .to_arrow()
        ),
    )


def q10() -> Flows:
    from glowray import agg

    return (
        lambda rows: (
            rows.map(lambda r: ((r["id1"], r["id2"], r["id3"], r["id4"], r["id5"], r["id6"]), (r["v3"], 1)))
            .reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1]))
            .map(lambda key, kept: (*key, *kept))
            .to_arrow(columns=[*KEYS, "v3", "n"])
        ),
        lambda rows: rows.group_by(*KEYS).agg(v3=agg.sum("v3"), n=agg.count()).to_arrow(),
    )


def polars_questions() -> dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]]:
    import polars as pl
    from polars import col

    return {
        "q1": lambda rows: rows.group_by("id1").agg(col("v1").sum()),
        "q2": lambda rows: rows.group_by("id1", "id2").agg(col("v1").sum()),
        "q3": lambda rows: rows.group_by("id3").agg(col("v1").sum(), col("v3").mean()),
        "q4": lambda rows: rows.group_by("id4").agg(col("v1", "v2", "v3").mean()),
        "q5": lambda rows: rows.group_by("id6").agg(col("v1", "v2", "v3").sum()),
        "q6": lambda rows: rows.group_by("id4", "id5").agg(median=col("v3").median(), std=col("v3").std()),
        "q7": lambda rows: rows.group_by("id3").agg(range=col("v1").max() - col("v2").min()),
        "q8": lambda rows: rows.group_by("id6").agg(col("v3").top_k(2)).explode("v3"),
        "q9": lambda rows: rows.group_by("id2", "id4").agg(r2=pl.corr("v1", "v2") ** 2),
        "q10": lambda rows: rows.group_by(*KEYS).agg(col("v3").sum(), n=pl.len()),
    }


QUESTIONS = {
    "q1": (q1, "sum v1 by id1"),
    "q2": (q2, "sum v1 by id1, id2"),
    "q3": (q3, "sum v1, mean v3 by id3"),
    "q4": (q4, "mean v1, v2, v3 by id4"),
    "q5": (q5, "sum v1, v2, v3 by id6"),
    "q6": (q6, "median v3, std v3 by id4, id5"),
    "q7": (q7, "max v1 - min v2 by id3"),
    "q8": (q8, "largest two v3 by id6"),
    "q9": (q9, "squared correlation of v1 and v2 by id2, id4"),
    "q10": (q10, "sum v3, count by id1 to id6"),
}


def answer(table: pa.Table) -> list[str]:
    """Return, for each value column, its sum weighted by a hash of the row's key: the order of rows does not count."""
    import polars as pl

    rows = pl.DataFrame(pl.from_arrow(table))
    names = [name for name in KEYS if name in rows.columns]
    key = pl.concat_str(*names, separator=",").hash(108)
    weights = rows.select(key % 1009).to_series().cast(pl.Float64)
    values = [name for name in rows.columns if name not in names]
    return [str(len(rows)), *(f"{name} {(rows[name].cast(pl.Float64) * weights).sum():.7g}" for name in values)]


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    path = folder / f"groups-{size}.parquet"
    if not path.exists():
        _write(path, size)
    return {"groups": path}


def _write(path: Path, size: int) -> None:
    """Write rows whose keys and values are uniform: 100 keys in id1, id2, id4, id5, and size / 100 in id3 and id6."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(108)
    many = max(size // GROUPS, 1)
    begun, writer = path.with_suffix(".part"), None
    for start in range(0, size, ROWS):
        count = min(ROWS, size - start)
        key = lambda groups: random.integers(1, groups + 1, count)  # noqa: B023, E731
        text = lambda numbers, digits: pc.binary_join_element_wise(  # noqa: E731
            "id", pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0"), ""
        )
        columns = {
            "id1": text(key(GROUPS), 3), "id2": text(key(GROUPS), 3), "id3": text(key(many), 10),
            "id4": key(GROUPS), "id5": key(GROUPS), "id6": key(many),
            "v1": random.integers(1, 6, count), "v2": random.integers(1, 16, count),
            "v3": np.round(random.random(count) * 100, 6),
        }  # fmt: skip
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(begun, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()
    begun.rename(path)


def _workload(name: str) -> Workload:
    """Return the workload of one question."""
    make, title = QUESTIONS[name]

    def run(flow: gr.Flow, case: Case, way: int) -> Any:
        return make()[way](flow.read_parquet(str(case.inputs["groups"])))

    def polars(case: Case) -> Any:
        import polars as pl

        asked = polars_questions()[name](pl.scan_parquet(case.inputs["groups"]))
        return asked.collect(engine="streaming").to_arrow()

    return Workload(
        name=f"db_benchmark.{name}",
        title=title,
        unit="rows",
        size=10_000_000,
        inputs=inputs,
        programs=(
            glowray(lambda flow, case: run(flow, case, 0)),
            glowray(lambda flow, case: run(flow, case, 1), "glowray-variant"),
            native(polars, "polars"),
        ),
        answer=answer,
    )


PARTS = {name: _workload(name) for name in QUESTIONS}
