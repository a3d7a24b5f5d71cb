"""Test that Arrow imports pandas only for jobs that use it, and then treats its objects as usual."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

JOB = """
import sys

import glowray as gr

words = gr.from_items(["to be", "or not"]).flat_map(str.split).map(lambda w: (w, 1)).reduce_by_key(lambda a, b: a + b)
assert words.count() == 4
assert gr.from_items([(1.5, None), (2.5, b"x")]).sort().collect() == [(1.5, None), (2.5, b"x")]
assert "pandas" not in sys.modules
"""

WITH_PANDAS = """
import numpy as np
import pyarrow as pa

nanoseconds = pa.array([1_000_000_001, None, 3000], pa.timestamp("ns"))
print(repr(nanoseconds.to_pylist()), repr(pa.scalar(7, pa.duration("ns")).as_py()))
print(repr(pa.scalar(5, pa.timestamp("ns", "Europe/Berlin")).as_py()))
print(pa.table({"a": [1, None], "b": ["x", "y"]}).to_pandas().dtypes.to_dict())
print(pa.array(["x", "y", "x"]).dictionary_encode().to_pandas().dtype)

import pandas as pd

print(pa.array(pd.Series([1.5, float("nan")])), pa.array(pd.Index([1, 2])), pa.array(pd.Categorical(["x", "y"])).type)
print(pa.array(pd.Series(pd.to_datetime(["2024-01-01"]).tz_localize("Europe/Berlin"))).type)
print(pa.array(pd.array([1, None], dtype="Int64")), pa.array(pd.period_range("2024-01", periods=2, freq="M")).type)
frame = pd.DataFrame({"n": [1, 2], "when": pd.to_datetime(["2024-01-01", None]), "kind": pd.Categorical(["x", None])})
table = pa.table(frame)
print(table.schema, table.to_pylist(), table.to_pandas().equals(frame), pa.RecordBatch.from_pandas(frame).num_rows)
print(pa.array([pd.Timestamp(1)]), pa.array(np.array([1, 2])), pa.lib._pandas_api.version == pd.__version__)
"""


def output(code: str) -> str:
    """Return the output of a new process."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("before", [JOB, "import pyarrow\n" + JOB])
def test_a_job_without_pandas_does_not_import_it(before: str) -> None:
    assert output(before) == ""


def test_pyarrow_does_with_pandas_what_it_does_without_a_job_before() -> None:
    wanted = output(WITH_PANDAS)
    assert len(wanted.splitlines()) > 20
    assert output(JOB + WITH_PANDAS) == wanted


def test_who_has_imported_pandas_has_it_at_once() -> None:
    before = "import pandas\nimport glowray.rows.block\n"
    assert output(before + WITH_PANDAS) == output(WITH_PANDAS)
