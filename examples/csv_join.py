"""CSV join: the planets with their moons, those that have none too, from two CSV files.

$ glowray examples csv_join
"""

from pathlib import Path
from typing import Any

import glowray as gr

DATA = Path(__file__).with_name("data")
Row = dict[str, Any]


def largest(planet: str, rows: tuple[list[Row], list[Row]]) -> Row:
    """A planet with its number of moons and the largest of them."""
    (own,), moons = rows
    moon = max(moons, key=lambda row: row["radius_km"], default={"moon": None})
    return {"planet": planet, "kind": own["kind"], "moons": len(moons), "largest": moon["moon"]}


def main() -> None:
    flow = gr.Flow("CSV join")
    planets = flow.read_csv(DATA / "planets.csv", types={"radius_km": float})
    moons = flow.read_csv(DATA / "moons.csv", types={"radius_km": float})
    by_planet = [rows.key_by(lambda row: row["planet"]) for rows in (planets, moons)]
    by_planet[0].co_group(by_planet[1]).map(largest).sort(key=lambda row: -row["moons"]).show()


if __name__ == "__main__":
    main()
