"""Everyday functions of dict and tuple rows, and reducers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.everyday.catalogue import everyday

VIP = {"ada", "grace"}
DISCOUNTS = {"ada": 0.1, "alan": 0.05}
REGIONS = {"MA": ("East", 1), "NY": ("East", 2), "CA": ("West", 3)}
REQUIRED = ["user", "amount"]

ORDERS = [
    {"user": user, "amount": amount, "state": state, "tags": tags, "note": note}
    for user, amount, state, tags, note in [
        ("ada", 12.5, "MA", ["new", "gift"], "fast"), ("alan", 7.25, "NY", ["gift"], ""),
        ("grace", 99.9, "CA", [], "x"), ("don", 3.0, "TX", ["new"], "slow"),
        ("ada", 45.0, "MA", ["bulk", "new"], "-"), ("tony", 8.75, "NY", [], "ok"),
        ("alan", 20.0, "CA", ["gift", "bulk"], "fast"), ("grace", 5.5, "MA", ["new"], "none"),
    ]
]  # fmt: skip
SPARSE = [{"name": f"n{number}", "age": number if number % 5 else None} for number in range(20)]
WORDS = [("be", 1), ("or", 1), ("not", 1), ("be", 1), ("to", 1), ("to", 1), ("that", 1), ("is", 1)]
READINGS = [("oslo", 1.5), ("rome", 20.25), ("oslo", -3.0), ("cairo", 31.0), ("rome", 18.5), ("oslo", 4.75)]
STATS = [(city, (t, t, t, 1)) for city, t in READINGS]
ROWS = [("ada", "eng", 120), ("alan", "eng", 95), ("grace", "navy", 130), ("tony", "ox", 80), ("don", "cs", 140)]


@everyday(ORDERS)
def with_discount(r: dict[str, Any]) -> dict[str, Any]:
    return {**r, "net": round(r["amount"] * (1 - DISCOUNTS.get(r["user"], 0.0)), 2)}


@everyday(ORDERS, "filter")
def is_vip(r: dict[str, Any]) -> bool:
    return r["user"] in VIP and r["amount"] > 10


@everyday(ORDERS)
def coupon(r: dict[str, Any]) -> str:
    return r.get("coupon", "none")  # type: ignore[no-any-return]


@everyday(ORDERS)
def region(r: dict[str, Any]) -> str:
    return REGIONS.get(r["state"], ("Other", 0))[0]


@everyday(ORDERS)
def picked(r: dict[str, Any]) -> dict[str, Any]:
    return {k: r[k] for k in REQUIRED}


@everyday(ORDERS, "filter")
def is_complete(r: dict[str, Any]) -> bool:
    return all(r.get(k) for k in REQUIRED)


@everyday(ORDERS)
def tag_count(r: dict[str, Any]) -> int:
    return len(r["tags"])


@everyday(ORDERS, "flat_map")
def tag_rows(r: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for tag in r["tags"]:
        yield tag, r["amount"]


@everyday(ORDERS, "filter")
def is_gift(r: dict[str, Any]) -> bool:
    return "gift" in r["tags"]


@everyday(ORDERS)
def as_text(r: dict[str, Any]) -> str:
    return "{}: {} ({})".format(r["user"], r["state"], r["note"])


@everyday(ORDERS)
def checked_amount(r: dict[str, Any]) -> float:
    value = r["amount"]
    if isinstance(value, str):
        value = float(value.replace(",", ""))
    return value * 2  # type: ignore[no-any-return]


@everyday(ORDERS)
def by_state_key(r: dict[str, Any]) -> tuple[str, tuple[float, int]]:
    return r["state"], (r["amount"], 1)


@everyday(SPARSE)
def age_or_default(r: dict[str, Any]) -> int:
    return r["age"] if r["age"] is not None else 30


@everyday(SPARSE, "filter")
def has_age(r: dict[str, Any]) -> bool:
    return bool(r.get("age"))


@everyday(ROWS)
def raised(row: tuple[str, str, int]) -> tuple[str, str, float]:
    name, team, salary = row
    return name, team, salary * 1.05


@everyday(ROWS, "filter")
def well_paid(row: tuple[str, str, int]) -> bool:
    return row[2] > 100 and row[1] != "ox"


@everyday(WORDS, "reduce_by_key")
def add(a: int, b: int) -> int:
    return a + b


@everyday(READINGS, "reduce_by_key")
def hottest(a: float, b: float) -> float:
    return max(a, b)


@everyday(STATS, "reduce_by_key")
def merged_stats(a: Any, b: Any) -> Any:
    return min(a[0], b[0]), max(a[1], b[1]), a[2] + b[2], a[3] + b[3]
