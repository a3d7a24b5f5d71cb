"""Readers of other libraries, which read a folder of files as one table."""

from __future__ import annotations

import glob
import math
from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

Rows = list[dict[str, Any]]

PARQUET_READERS: dict[str, Callable[[str], Rows]] = {
    "pyarrow": lambda folder: pq.read_table(folder).to_pylist(),
    "pandas": lambda folder: pd.read_parquet(folder, dtype_backend="pyarrow").to_dict("records"),
    "duckdb": lambda folder: records(
        duckdb.sql(f"select * from read_parquet('{folder}/*.parquet') order by filename, file_row_number")
    ),
    "polars": lambda folder: pl.read_parquet(f"{folder}/*.parquet").to_dicts(),
}

CSV_READERS: dict[str, Callable[[str], Rows]] = {
    "pyarrow": lambda folder: ds.dataset(glob.glob(f"{folder}/part-*"), format=_TEXTS).to_table().to_pylist(),
    "pandas": lambda folder: pd.concat(
        pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(glob.glob(f"{folder}/part-*"))
    ).to_dict("records"),
    "duckdb": lambda folder: records(
        duckdb.sql(f"select * from read_csv('{folder}/part-*', all_varchar=true, header=true, quote='\"')")
    ),
    "polars": lambda folder: pl.read_csv(f"{folder}/part-*", infer_schema=False).to_dicts(),
}
_TEXTS = ds.CsvFileFormat(
    convert_options=pc.ConvertOptions(strings_can_be_null=False, column_types=dict.fromkeys("abcd", pa.string()))
)

GUESSING_CSV_READERS: dict[str, Callable[[str], Rows]] = {
    "pyarrow": lambda folder: ds.dataset(folder, format="csv").to_table().to_pylist(),
    "pandas": lambda folder: pd.concat(map(pd.read_csv, sorted(glob.glob(f"{folder}/part-*")))).to_dict("records"),
    "duckdb": lambda folder: records(duckdb.sql(f"select * from read_csv('{folder}/part-*')")),
    "polars": lambda folder: pl.read_csv(f"{folder}/part-*").to_dicts(),
}
"""Readers without a schema. They take names and types from the files, pyarrow from the first file only."""

JSON_READERS: dict[str, Callable[[str], Rows]] = {
    "pyarrow": lambda folder: ds.dataset(folder, format="json").to_table().to_pylist(),
    "pandas": lambda folder: pd.concat(
        pd.read_json(path, lines=True) for path in sorted(glob.glob(f"{folder}/part-*"))
    ).to_dict("records"),
    "duckdb": lambda folder: records(duckdb.sql(f"select * from read_json('{folder}/part-*')")),
    "polars": lambda folder: pl.scan_ndjson(f"{folder}/part-*").collect().to_dicts(),
}


def records(relation: duckdb.DuckDBPyRelation) -> Rows:
    return [
        {
            name: value
            for name, value in zip(relation.columns, row, strict=True)
            if name not in ("filename", "file_row_number")
        }
        for row in relation.fetchall()
    ]


def plain(value: Any) -> Any:
    """Return a value in a form that all readers share: pandas' NA is None, arrays are lists."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value is pd.NA or (isinstance(value, float) and math.isnan(value)) else value
