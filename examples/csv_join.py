"""Planets joined with their moons, from two CSV files.

$ glowray examples csv_join
┌─────────┬──────┬───────┬──────────┐
│ planet  │ kind │ moons │ largest  │
├─────────┼──────┼───────┼──────────┤
│ Jupiter │ gas  │     4 │ Ganymede │
│ Saturn  │ gas  │     4 │ Titan    │
│ Uranus  │ ice  │     3 │ Titania  │
│ Mars    │ rock │     2 │ Phobos   │
│ Earth   │ rock │     1 │ Moon     │
│ Neptune │ ice  │     1 │ Triton   │
│ Mercury │ rock │     0 │ None     │
│ Venus   │ rock │     0 │ None     │
└─────────┴──────┴───────┴──────────┘
"""

from pathlib import Path
from typing import Any

import glowray as gr

DATA = Path(__file__).with_name("data")


def largest(planet: str, rows: tuple[list[Any], list[Any]]) -> dict[str, Any]:
    """Return a planet with the number of its moons and the name of the largest."""
    (own,), moons = rows
    moon = max(moons, key=lambda row: row["radius_km"], default={"moon": None})
    return {"planet": planet, "kind": own["kind"], "moons": len(moons), "largest": moon["moon"]}


def main() -> None:
    planets = gr.read_csv(DATA / "planets.csv").key_by(lambda row: row["planet"])
    moons = gr.read_csv(DATA / "moons.csv", types={"radius_km": float}).key_by(lambda row: row["planet"])
    planets.co_group(moons).map(largest).sort(key=lambda row: -row["moons"]).show()


if __name__ == "__main__":
    main()
