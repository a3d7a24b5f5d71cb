"""Functions for random pipelines. They take any row, have no state, and give the same results in every process."""

from __future__ import annotations

import datetime as dt
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.exact import fingerprint
from tests.rows.hostile import Color, Frozen, Level, OtherFrozen, Point, Word, nan

KEYS: list[Any] = [
    1, 1.0, True, 0, -0.0, 0.0, False, None, "a", b"a", "1", b"", "", "\ud800",
    2**63, float(2**63), -(2**63), 2**70, 7,
    nan(0x7FF8000000000000), nan(0xFFF8000000000001), Decimal("NaN"), float("inf"),
    Decimal(1), Decimal("1.0"), Fraction(1), Fraction(1, 2), 0.5,
    (1, "a"), (1.0, "a"), (True, "a"), (float("nan"), 1), (nan(0xFFF8000000000001), True), (), ((None,), b"x"),
    Point(1, "a"), Frozen(1, "x"), Frozen(1.0, "y"), Frozen(float("nan")), OtherFrozen(1),
    Color.RED, Level.LOW, Word.A, frozenset({1, "a"}), frozenset({True, "a"}), frozenset(), 1 + 0j,
    dt.date(2024, 2, 29), dt.datetime(2024, 2, 29), dt.timedelta(1), uuid.UUID(int=1),
    dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
]  # fmt: skip
"""Keys that a hash is most likely to separate or to confuse."""

ORDER: list[Any] = [
    0,
    1,
    True,
    -1,
    2**63,
    0.5,
    -0.0,
    float("inf"),
    float("nan"),
    nan(0xFFF8000000000001),
    -7,
    Fraction(1, 3),
]
"""Sort keys, with ties and NaNs."""


def draw(row: Any, salt: int = 0) -> int:
    """Return a number that looks random and depends on the row alone."""
    return zlib.crc32(fingerprint(row).encode("utf-8", "surrogatepass"), salt)


class Picked:
    """A function from a row to one of `KEYS`."""

    def __init__(self, salt: int, width: int) -> None:
        self.salt, self.width = salt, width

    def __repr__(self) -> str:
        return f"Picked({self.salt}, {self.width})"

    def __call__(self, row: Any) -> Any:
        # Pick neighbours in the list, so that equal keys of different types often meet.
        return KEYS[(self.salt + draw(row, self.salt) % self.width) % len(KEYS)]


class Rank:
    """A function from a row to one of `ORDER`, alone or as the first item of a tuple."""

    def __init__(self, salt: int, nested: bool) -> None:
        self.salt, self.nested = salt, nested

    def __repr__(self) -> str:
        return f"Rank({self.salt}, {self.nested})"

    def __call__(self, row: Any) -> Any:
        key = ORDER[draw(row, self.salt) % len(ORDER)]
        return (key, draw(row, self.salt + 1) % 2) if self.nested else key


class Keeps:
    """A predicate for filters: True for `share` quarters of all rows."""

    def __init__(self, salt: int, share: int) -> None:
        self.salt, self.share = salt, share

    def __repr__(self) -> str:
        return f"Keeps({self.salt}, {self.share})"

    def __call__(self, row: Any) -> Any:
        return draw(row, self.salt) % 4 < self.share


def boxed(row: Any) -> Any:
    return [row]


def twin(row: Any) -> Any:
    return (row, row)


def named(row: Any) -> Any:
    return Point(row, draw(row) % 3)


def described(row: Any) -> Any:
    return {"kind": type(row).__name__, "row": row}


def number(row: Any) -> Any:
    return [draw(row) % 5, float(draw(row) % 3), bool(draw(row) % 2), None][draw(row, 3) % 4]


def small(row: Any) -> Any:
    """Return an int, a float or None for a row. It can be sorted, added and divided without loss."""
    return [draw(row) % 5 - 2, (draw(row) % 7) / 4, None][draw(row, 3) % 3]


def nothing(row: Any) -> Any:
    return None


def paired(row: Any) -> Any:
    return (row, 1)


def is_text(row: Any) -> Any:
    return isinstance(row, str) and row != ""


MAPS: list[Callable[[Any], Any]] = [boxed, twin, named, described, paired, is_text, number, nothing]


def copies(row: Any) -> Any:
    return [row] * (draw(row) % 3)


def halves(row: Any) -> Iterator[Any]:
    yield row
    yield str(type(row).__name__)


def letters(row: Any) -> Any:
    return type(row).__name__[:2]


FLAT_MAPS: list[Callable[[Any], Iterable[Any]]] = [copies, halves, letters]


def associated(left: Any, right: Any) -> Any:
    """Reduce so that the result shows the order and association of the calls."""
    return ("+", left, right)


def tagged(row: Any) -> Any:
    return (type(row).__name__,)


def joined(left: Any, right: Any) -> Any:
    """Reduce tuples associatively."""
    return left + right


def appended(seen: list[Any], value: Any) -> list[Any]:
    """Add a value to an accumulator, which is changed in place."""
    seen.append(value)
    return seen


def extended(left: list[Any], right: list[Any]) -> list[Any]:
    left.extend([right])
    return left


def flat_extended(left: list[Any], right: list[Any]) -> list[Any]:
    left.extend(right)
    return left


def indexed(index: int, rows: Iterator[Any]) -> Iterator[Any]:
    for row in rows:
        yield (index, row)


def one_by_one(rows: Iterator[Any]) -> Iterator[Any]:
    for row in rows:
        yield ("row", row)


def size(rows: Iterator[Any]) -> list[int]:
    return [sum(1 for _ in rows)]


TEXTS = ["", "to be", "é\u2028x", "two\nlines", "end\r", "\ttab ", "0", "A" * 300]
"""Rows that become lines: some hold line ends, one is empty, one is wider than a terminal."""


def texted(row: Any) -> str:
    return TEXTS[draw(row) % len(TEXTS)]


def record(row: Any) -> dict[str, Any]:
    """Return a record whose columns Arrow holds exactly."""
    number = draw(row)
    maybe = number % 11 if number % 3 else None
    return {"n": number % 7, "x": float(number % 5), "s": TEXTS[number % len(TEXTS)], "maybe": maybe}


def shout(row: Any) -> str:
    return row["s"].upper() + "!"  # type: ignore[no-any-return]


def ratio(row: Any) -> float:
    return row["x"] / (row["n"] + 1)  # type: ignore[no-any-return]


def whole_record(row: Any) -> list[Any]:
    return list(row.items())


FIELDS = [shout, ratio, whole_record]
"""Functions of records that `record` returns."""


def tags(row: Any) -> list[Any]:
    number = draw(row)
    return [number % 5, "tag", 0.5][: number % 4]


def tagged_record(row: Any) -> dict[str, Any]:
    """Return a record with a field to explode: a list or None."""
    return {"s": record(row)["s"], "tags": tags(row) or None, "row": row}


def as_it_is(columns: Any) -> Any:
    return columns


def over_two(columns: Any) -> Any:
    """Return the rows with n over 2, of a batch in any format."""
    if isinstance(columns, dict):
        return {name: column[columns["n"] > 2] for name, column in columns.items()}
    if type(columns).__module__.startswith("pyarrow"):
        import pyarrow.compute as pc

        return columns.filter(pc.greater(columns["n"], 2))
    return columns.filter(columns["n"] > 2) if hasattr(columns, "lazy") else columns[columns["n"] > 2]


def counted(columns: Any) -> Any:
    """Return one row for a batch: its number of rows."""
    import pyarrow as pa

    return pa.table({"rows": [len(columns["n"])]})
