"""Everyday functions of numbers: parsing, rounding, formatting, ranges and geometry."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.everyday.catalogue import everyday
from benchmarks.everyday.texts import PRICES

RATE = 1.0834
BOUNDS = [0, 18, 35, 50, 65]
LABELS = {1: "low", 2: "medium", 3: "high"}

FLOATS = [1.5, 2.675, 0.1, 19.99, 3.14159, 100.0, 0.005, 47.25, 8.875, 1234.5678, 2.0, 66.6]
INTS = [1, 7, 42, 100, 365, 12, 99, 1000, 3, 58, 23, 64]
TEXTS = ["12", "7", "x", "42", "100", "365", "12", "99", "1000", "", "58", "23", "64", "8", "15", "16"]
FLOAT_TEXTS = ["1.5", "2.25", "n/a", "19.99", "3.14", "100", "47.25", "8.875", "1234.5", "2", "66.6", "0.5"]
PAIRS = [(42.36, -71.06), (40.71, -74.01), (34.05, -118.24), (30.27, -97.74), (41.88, -87.63), (47.61, -122.33)]
SHARES = [(1, 4), (3, 7), (5, 9), (0, 3), (2, 2), (8, 13), (1, 6), (9, 10), (4, 5), (7, 8), (6, 7), (2, 3)]


@everyday(TEXTS)
def to_int(s: str) -> int | None:
    try:
        return int(s)
    except ValueError:
        return None


@everyday(TEXTS)
def int_or_zero(s: str) -> int:
    try:
        n = int(s)
    except (ValueError, TypeError):
        n = 0
    return n


@everyday(FLOAT_TEXTS)
def to_float(s: str) -> float:
    try:
        return float(s.replace(",", ""))
    except ValueError:
        return -1.0


@everyday(FLOAT_TEXTS, "filter")
def is_number(s: str) -> bool:
    try:
        float(s)
        return True
    except ValueError:
        return False


@everyday(PRICES)
def price(s: str) -> int:
    return int(s.replace("$", "").replace(",", ""))


@everyday(PRICES)
def price_in_euro(s: str) -> float:
    return round(float(s.lstrip("$").replace(",", "")) / RATE, 2)


@everyday(FLOATS)
def two_places(x: float) -> str:
    return f"{x:.2f}"


@everyday(FLOATS)
def percent_sign(x: float) -> str:
    return "%.1f%%" % (x * 100)


@everyday(FLOATS)
def as_dollars(x: float) -> str:
    return f"${x:,.2f}"


@everyday(FLOATS)
def formatted(x: float) -> str:
    return "{:.3f} m".format(x)  # noqa: UP032


@everyday(FLOATS)
def fahrenheit(x: float) -> float:
    return x * 9 / 5 + 32


@everyday(FLOATS)
def log_scale(x: float) -> float:
    return math.log10(x) if x > 0 else 0.0


@everyday(FLOATS)
def root(x: float) -> float:
    return math.sqrt(abs(x))


@everyday(FLOATS)
def fraction(x: float) -> float:
    return x % 1


@everyday(FLOATS)
def ceiling(x: float) -> int:
    return math.ceil(x)


@everyday(FLOATS)
def clamp(x: float) -> float:
    return max(0.0, min(100.0, x))


@everyday(INTS)
def thousands(n: int) -> str:
    return f"{n:,}"


@everyday(INTS)
def age_group(n: int) -> str:
    if n < 18:
        return "child"
    if n < 65:
        return "adult"
    return "senior"


@everyday(INTS)
def bucket(n: int) -> int:
    return sum(1 for bound in BOUNDS if n >= bound)


@everyday(INTS)
def fizzbuzz(n: int) -> str:
    if n % 15 == 0:
        return "FizzBuzz"
    if n % 3 == 0:
        return "Fizz"
    if n % 5 == 0:
        return "Buzz"
    return str(n)


@everyday(INTS)
def digit_sum(n: int) -> int:
    return sum(int(d) for d in str(n))


@everyday(INTS)
def hours_minutes(n: int) -> str:
    hours, minutes = divmod(n, 60)
    return f"{hours}:{minutes:02d}"


@everyday(INTS)
def label(n: int) -> str:
    return LABELS.get(n % 4, "none")


@everyday(INTS, "filter")
def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


@everyday(SHARES)
def share(row: tuple[int, int]) -> float:
    part, whole = row
    return round(100 * part / whole, 1) if whole else 0


@everyday(PAIRS)
def distance(point: tuple[float, float]) -> float:
    lat, lon = math.radians(point[0]), math.radians(point[1])
    a = math.sin(lat / 2) ** 2 + math.cos(lat) * math.sin(lon / 2) ** 2
    return 6371 * 2 * math.asin(math.sqrt(a))


@everyday(PAIRS)
def norm(point: tuple[float, float]) -> Any:
    x, y = point
    return (x**2 + y**2) ** 0.5
