"""Dirty inputs for the cleaning workloads, made from a seed: house listings, the log of a web server, and flights.

The columns and their errors follow the pipelines of "Tuplex: Data Science in Python at Native Code Speed" (SIGMOD
2021). The values are generated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.data import SEED, joined, once

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 100_000

CITIES = "Boston SALEM medford Somerville CAMBRIDGE Quincy newton Lowell Woburn ARLINGTON".split()
TITLES = (
    "House For Sale", "Condo For Sale", "House For Rent", "Apartment For Rent", "Sold: House", "Foreclosed House",
    "Lot / Land For Sale", "Townhouse For Sale", "New Construction",
)  # fmt: skip
TITLE_CHANCES = (0.34, 0.2, 0.05, 0.12, 0.08, 0.04, 0.07, 0.06, 0.04)
LISTING_COLUMNS = (
    "title", "address", "city", "state", "postal_code", "price", "facts and features", "real estate provider", "url",
)  # fmt: skip
AGENTS = ("Best Homes, LLC", "Harbour Realty", "Key & Door, Inc.", "", "Agent listing")

METHODS = ("GET", "GET", "GET", "GET", "POST", "HEAD")
PAGES = ("index.html", "papers/2001/draft.ps", "img/logo.gif", "cgi-bin/search?q=a+b", "", "course/notes.html")

CARRIER_NAMES = (
    "Northern Air Lines Inc.", "Prairie Express LLC", "Gulf Coast Airways Co.", "Sierra Jet Inc.", "Blue Ridge Air",
    "Lakes Aviation LLC", "Ocean State Airlines Inc.", "Mesa Verde Air Co.",
)  # fmt: skip
FLIGHT_COLUMNS = (
    "YEAR", "QUARTER", "MONTH", "DAY_OF_MONTH", "DAY_OF_WEEK", "FL_DATE", "OP_UNIQUE_CARRIER", "TAIL_NUM",
    "OP_CARRIER_FL_NUM", "ORIGIN", "ORIGIN_CITY_NAME", "ORIGIN_STATE_ABR", "DEST", "DEST_CITY_NAME", "DEST_STATE_ABR",
    "CRS_DEP_TIME", "DEP_TIME", "DEP_DELAY", "TAXI_OUT", "TAXI_IN", "CRS_ARR_TIME", "ARR_TIME", "ARR_DELAY",
    "CANCELLED", "CANCELLATION_CODE", "DIVERTED", "CRS_ELAPSED_TIME", "ACTUAL_ELAPSED_TIME", "AIR_TIME", "DISTANCE",
    "CARRIER_DELAY", "WEATHER_DELAY", "NAS_DELAY", "SECURITY_DELAY", "LATE_AIRCRAFT_DELAY", "DIV_REACHED_DEST",
    "DIV_ACTUAL_ELAPSED_TIME", *(f"UNUSED_{number}" for number in range(23)),
)  # fmt: skip
AIRPORT_COLUMNS = (
    "ICAOCode", "IATACode", "AirportName", "AirportCity", "Country", "LatitudeDegrees", "LatitudeMinutes",
    "LatitudeSeconds", "LatitudeDirection", "LongitudeDegrees", "LongitudeMinutes", "LongitudeSeconds",
    "LongitudeDirection", "Altitude", "LatitudeDecimal", "LongitudeDecimal",
)  # fmt: skip
AIRPORTS = 300

Column = Any


def houses(folder: Path, rows: int) -> Path:
    """Make a CSV file of house listings with a header. The facts of a house are one quoted field."""
    return once(folder / f"houses-{rows}.csv", lambda: _with_header(LISTING_COLUMNS, _blocks(rows, 4, _houses)))


def weblog(folder: Path, rows: int) -> Path:
    """Make a log of a web server in the common log format. One request in fifty is malformed."""
    return once(folder / f"weblog-{rows}.txt", lambda: _blocks(rows, 5, _weblog))


def bad_addresses(folder: Path) -> Path:
    """Make a CSV file of IP addresses. About one request in twenty of the log comes from one of them."""
    lines = (f"10.{number % 256}.7.{number % 251}\n" for number in range(0, 2000, 19))
    return once(folder / "bad-addresses.csv", lambda: iter([b"BadIPs\n", *map(str.encode, dict.fromkeys(lines))]))


def flights(folder: Path, rows: int) -> Path:
    """Make a CSV file of flights with a header of sixty columns."""
    return once(folder / f"flights-{rows}.csv", lambda: _with_header(FLIGHT_COLUMNS, _blocks(rows, 6, _flights)))


def carriers(folder: Path) -> Path:
    """Make a CSV file of airlines: a code, and a description that holds the years of operation."""
    lines = [
        f'"C{number}","{name} ({1950 + number * 7} - {2003 + number if number % 3 == 2 else ""})"\n'
        for number, name in enumerate(CARRIER_NAMES)
    ]
    return once(folder / "carriers.csv", lambda: iter([b"Code,Description\n", *map(str.encode, lines)]))


def airports(folder: Path) -> Path:
    """Make a file of airports: fields separated by colons, no header. Some airports lack a code or a name."""
    lines = []
    for number in range(AIRPORTS + 50):
        code = _airport(number) if number < AIRPORTS - 20 else "N/A"
        name = "N/A" if number % 9 == 4 else f"{CITIES[number % 10].upper()} FIELD {number}"
        place = f"{number % 90}:{number % 60}:{number % 59}:N:{number % 180}:{number % 60}:{number % 59}:W"
        decimal = f"{number % 500}:{number % 90 + 0.25:.3f}:{-(number % 180) - 0.5:.3f}"
        lines.append(f"K{number:03}:{code}:{name}:{CITIES[number % 10].upper()}:USA:{place}:{decimal}\n")
    return once(folder / "airports.txt", lambda: map(str.encode, lines))


def _airport(number: int) -> str:
    return "".join(chr(ord("A") + number // base % 26) for base in (676, 26, 1))


def _with_header(names: Sequence[str], blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield ",".join(names).encode() + b"\n"
    yield from blocks


def _blocks(rows: int, seed: int, make: Any) -> Iterator[bytes]:
    random = np.random.default_rng(SEED + seed)
    for first in range(0, rows, BLOCK):
        yield joined(make(random, first, min(BLOCK, rows - first)))


def _pick(random: np.random.Generator, values: Sequence[str], count: int, chances: Any = None) -> pa.Array:
    return pa.array(values).take(pa.array(random.choice(len(values), count, p=chances)))


def _where(test: NDArray[np.bool_], one: Column, other: Column) -> Column:
    """Return a text column with the values of `one` where `test` is true, else those of `other`."""
    large = pa.large_string()
    sides = [pa.scalar(side, large) if isinstance(side, str) else pa.array(side).cast(large) for side in (one, other)]
    return pc.if_else(pa.array(test), *sides)


def _text(*parts: Column) -> Column:
    """Return a text column of the parts, concatenated in each row."""
    large = pa.large_string()
    sides = [pa.scalar(part, large) if isinstance(part, str) else pa.array(part).cast(large) for part in parts]
    return pc.binary_join_element_wise(*sides, pa.scalar("", large))


def _thousands(numbers: NDArray[np.int64]) -> Column:
    """Return numbers below a billion as text with commas between groups of three digits."""
    rest = pc.utf8_lpad(pa.array(numbers % 1000).cast(pa.string()), 3, "0")
    middle = pc.utf8_lpad(pa.array(numbers // 1000 % 1000).cast(pa.string()), 3, "0")
    small = _where(numbers < 1000, numbers, _text(numbers // 1000, ",", rest))
    return _where(numbers < 1_000_000, small, _text(numbers // 1_000_000, ",", middle, ",", rest))


def _houses(random: np.random.Generator, first: int, count: int) -> list[Column]:
    title = _pick(random, TITLES, count, TITLE_CHANCES)
    titles = np.array(title.to_pylist())
    rent, sold, land = (np.char.find(titles, word) >= 0 for word in ("Rent", "Sold", "Land"))
    beds, baths, feet = random.integers(1, 12, count), random.integers(1, 5, count), random.integers(400, 6000, count)
    facts = _text(beds, " bds , ", baths, " ba , ", _thousands(feet), " sqft")
    facts = _where(land, _text("-- bds , -- ba , ", _thousands(feet), " sqft"), facts)
    facts = _where(sold, _text(facts, " , Price/sqft: $", random.integers(80, 900, count), " , built 1950"), facts)
    price = _text("$", _thousands(np.where(rent, feet * 2, feet * 300 + beds * 1000)))
    price = _where(rent, _text(price, "/mo"), _where(sold, "", price))
    return [
        title, ",", random.integers(1, 999, count), " Main St #", random.integers(1, 40, count), ",",
        _pick(random, CITIES, count), ",MA,", random.integers(1001, 2799, count), ".0,",
        '"', price, '","', facts, '","', _pick(random, AGENTS, count),
        '",https://www.example.com/homedetails/', random.integers(10**6, 10**9, count), "_zpid/\n",
    ]  # fmt: skip


def _weblog(random: np.random.Generator, first: int, count: int) -> list[Column]:
    number = random.integers(0, 2000, count)
    address = _text("10.", number % 256, ".7.", number % 251)
    user = _where(random.random(count) < 0.1, _text("user", random.integers(0, 50, count)), "-")
    second = first + np.arange(count)
    parts = (second // 3600 % 24, second // 60 % 60, second % 60)
    clock = [pc.utf8_lpad(pa.array(part).cast(pa.string()), 2, "0") for part in parts]
    home = _where(random.random(count) < 0.3, _text("/~student", random.integers(0, 400, count), "/"), "/")
    request = _text(_pick(random, METHODS, count), " ", home, _pick(random, PAGES, count), " HTTP/1.", second % 2)
    request = _where(random.random(count) < 0.02, "-", request)
    size = _where(random.random(count) < 0.1, "-", random.integers(100, 90_000, count))
    status = _pick(random, ("200", "200", "200", "304", "404", "500"), count)
    return [
        address, " - ", user, " [", random.integers(10, 28, count), "/Oct/2000:",
        clock[0], ":", clock[1], ":", clock[2], " -0700] ", '"', request, '" ', status, " ", size, "\n",
    ]  # fmt: skip


def _flights(random: np.random.Generator, first: int, count: int) -> list[Column]:
    def number(low: int, high: int) -> NDArray[np.int64]:
        return random.integers(low, high, count)

    def decimal(low: int, high: int) -> Column:
        return _text(number(low, high), ".00")

    def flown(column: Column) -> Column:
        return _where(cancelled | diverted, "", column)

    def delay() -> Column:
        return _where(late & ~cancelled, decimal(0, 90), "")

    def clock() -> Column:
        return pc.utf8_lpad(pa.array(number(0, 24) * 100 + number(0, 60)).cast(pa.string()), 4, "0")

    cancelled, diverted, late = random.random(count) < 0.02, random.random(count) < 0.01, random.random(count) < 0.2
    origin, dest = number(0, AIRPORTS), number(0, AIRPORTS)
    codes, cities = pa.array([_airport(each) for each in range(AIRPORTS)]), pa.array(CITIES)
    columns: list[list[Column]] = [
        [number(2003, 2010)], [number(1, 5)], [number(1, 13)], [number(1, 29)], [number(1, 8)],
        ["2005-", number(10, 13), "-", number(10, 29)], ["C", number(0, len(CARRIER_NAMES))],
        ["N", number(100, 999), "AA"],
        [number(1, 9999)], [codes.take(pa.array(origin))], ['"', cities.take(pa.array(origin % 10)), ', MA"'], ["MA"],
        [codes.take(pa.array(dest))], ['"', cities.take(pa.array(dest % 10)), ', MA"'], ["MA"], [clock()], [clock()],
        [flown(decimal(-10, 60))], [flown(decimal(5, 40))], [flown(decimal(2, 20))], [clock()], [clock()],
        [flown(decimal(-20, 90))], [_where(cancelled, "1.00", "0.00")],
        [_where(cancelled, _pick(random, tuple("ABCD"), count), "")], [_where(diverted, "1.00", "0.00")],
        [decimal(40, 400)], [flown(decimal(40, 400))], [flown(decimal(30, 360))], [decimal(100, 2500)],
        [delay()], [delay()], [delay()], [delay()], [delay()],
        [_where(diverted, _where(random.random(count) < 0.8, "1.00", "0.00"), "")],
        [_where(diverted, decimal(100, 600), "")], *[[""] for _ in range(20)], [number(0, 9)], [""], [""],
    ]  # fmt: skip
    parts: list[Column] = []
    for column in columns:
        parts += [*column, ","]
    return [*parts[:-1], "\n"]
