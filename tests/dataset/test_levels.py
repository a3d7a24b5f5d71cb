"""Test that columns, loops and calls give the same rows, errors and counts for a function."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.effort import examples
from tests.vectorize import everyday_constructs as everyday

EDGES = [0, 1, -1, 7, 2**31, 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
INTS = st.one_of(st.integers(-20, 20), st.sampled_from(EDGES))
FLOATS = st.one_of(st.floats(-9, 9), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e308, 2.0**53]))
TEXTS = st.one_of(
    st.text("ab ,\t\x1cİßΣ0-9é\u3000\n", max_size=12),
    st.sampled_from(["", "12", "-7", " 7 ", "1_0", "0x1F", "٣", "a b", "a,b", "ab,,c", "ΑΣ", "1e5", "nan"]),
)
OPTIONAL = st.one_of(st.none(), TEXTS, st.sampled_from(["a,b", "İ,1", "é,٣x"]))


def unpacked(s: str) -> str:
    first, last = s.split(",")
    return last if first else first


def cut(s: str, stop: int = 4, *, start: int) -> str:
    return s[start:stop]


def parsed(s: str | None) -> dict[str, Any] | None:
    """Parse "name,number"; None if the text has another form."""
    if not s:
        return None
    fields = s.split(",")
    if len(fields) != 2:
        return None
    return {"name": fields[0], "size": len(fields[1])}


def halves(s: str | None) -> tuple[str, str] | None:
    return (s[:2], s[2:]) if s else None


Step = Callable[[Dataset[Any]], Dataset[Any]]

ON_INTS: dict[str, Step] = {
    "times": lambda ds: ds.map(lambda x: x * 3 + 1),
    "divide": lambda ds: ds.map(lambda x: 100 // x),
    "remainder": lambda ds: ds.filter(lambda x: x % 7 == 0),
    "negative": lambda ds: ds.map(lambda x: -x if x < 0 else x),
    "some": lambda ds: ds.filter(lambda x: x),
    "clamped": lambda ds: ds.map(lambda x: min(x, 1000)),
    "squares": lambda ds: ds.map(lambda x: x**2 - (x >> 3)),
    "digits": lambda ds: ds.map(lambda x: divmod(x, 10)).map(lambda tens, ones: tens * 10 + ones),
    "bools": lambda ds: ds.map(lambda x: (x > 3) + (x % 2 == 0)),
    "mean": lambda ds: ds.map(lambda x: round(x / 3) + int(x * 0.5)),
}
ON_TEXTS: dict[str, Step] = {
    "lower": lambda ds: ds.map(lambda s: s.lower()),
    "strip": lambda ds: ds.map(str.strip),
    "words": lambda ds: ds.flat_map(lambda s: s.split()),
    "fields": lambda ds: ds.flat_map(lambda s: [w for w in s.split(",") if w]),
    "has": lambda ds: ds.filter(lambda s: "a" in s),
    "first": lambda ds: ds.map(lambda s: s[0]),
    "joined": lambda ds: ds.map(lambda s: s + "·"),
    "second": lambda ds: ds.map(lambda s: s.split(",")).filter(lambda f: len(f) > 1).map(lambda f: f[1]),
    "last": lambda ds: ds.map(lambda s: s.split()[-1]),
    "numbered": lambda ds: ds.flat_map(lambda s: [(w, s.split(" ")) for w in s.split(" ") if w]).map(lambda w, f: f[0]),
    "limited": lambda ds: ds.flat_map(lambda s: s.split(",", 1)),
    "before": lambda ds: ds.map(lambda s: s.partition(" ")[0] + s.rpartition(",")[2]),
    "part": lambda ds: ds.map(lambda s: s[1:-1]).filter(lambda s: s != ""),
    "cut at": lambda ds: ds.map(lambda s: s[: s.rfind(" ")]),
    "unpacked": lambda ds: ds.map(unpacked),
    "padded": lambda ds: ds.map(lambda s: s.zfill(3)).map(lambda s: s.rjust(5, "·")),
    "rejoined": lambda ds: ds.map(lambda s: "-".join(s.split())),
    "formats": lambda ds: ds.map(lambda s: (s, len(s))).map(lambda s, n: "%s/%d" % (s, n)),  # noqa: UP031
    "tuples": lambda ds: ds.map(lambda s: (s, len(s))).filter(lambda row: row > ("a", 1)).keys(),
    "members": lambda ds: ds.filter(lambda s: len(s) in (1, 2, 3)),
    "records": lambda ds: ds.map(lambda s: {"s": s}).map(lambda r: {**r, "n": r["s"][:1]}).map(lambda r: r.get("n")),
    "or none": lambda ds: ds.map(lambda s: (s, s.strip() or None)).map(lambda s, t: s if t is None else t),
    "partial": lambda ds: ds.map(partial(cut, start=1)),
    "spread": lambda ds: ds.map(lambda s: s.split(",")).map(lambda one, other: one + other),
    "spread pieces": lambda ds: ds.map(lambda s: s.split(" ", 2)).filter(lambda a, b, c: a < c).map(lambda a, b, c: b),
    "spread words": lambda ds: ds.map(lambda s: s.split()).flat_map(lambda a, b: [b, a, b]),
    "spread values": lambda ds: (
        ds.map(lambda s: (s, s.split(","))).map_values(lambda a, b: a + "·" + b).map(lambda s, t: s[:2] + t)
    ),
    "spread keys": lambda ds: ds.map(lambda s: s.split(",")).key_by(lambda a, b: b).map(lambda key, row: key),
}
ON_OPTIONAL: dict[str, Step] = {
    "lower": lambda ds: ds.map(lambda s: s.lower() if s else None),
    "upper": lambda ds: ds.map(lambda s: s and s.upper()),
    "filled": lambda ds: ds.map(lambda s: s or "none"),
    "strict": lambda ds: ds.map(lambda s: s.strip()),
    "known": lambda ds: ds.filter(lambda s: s is not None),
    "names": lambda ds: ds.map(parsed).map(lambda r: None if r is None else r["name"]),
    "sizes": lambda ds: ds.map(parsed).filter(lambda r: r is None or r["size"] < 3).map(lambda r: r and r["name"]),
    "raising": lambda ds: ds.map(parsed).map(lambda r: r["name"]),
    "halves": lambda ds: ds.map(halves).map(lambda pair: pair[1] if pair else None),
    "values": lambda ds: ds.map(lambda s: (s, s or None)).values(),
    "keys": lambda ds: ds.key_by(lambda s: s and s[:1]).keys(),
    "pieces": lambda ds: ds.filter(lambda s: s).flat_map(lambda s: s.split(",")).map(lambda s: s or None),
    "opaque": lambda ds: ds.map(lambda s: [s]).map(lambda s: s[0]),
}
ENDS_OF_OPTIONAL: dict[str, Step] = {
    "records": lambda ds: ds.map(parsed),
    "pairs": lambda ds: ds.map(halves),
    "by half": lambda ds: ds.map(halves).map(lambda p: (p and p[0], 1)).reduce_by_key(lambda a, b: a + b),
    "by record": lambda ds: ds.map(lambda s: (s, parsed(s))).group_by_key(),
}
ON_TEXTS |= {
    "tried": lambda ds: ds.map(everyday.tried),
    "tried in lists": lambda ds: ds.map(everyday.tried_in_list),
    "looked up with try": lambda ds: ds.map(everyday.tried_lookup),
    "suppressed": lambda ds: ds.flat_map(everyday.suppressed).map(lambda s, n: s if n > 1 else s[1:]),
    "raises": lambda ds: ds.filter(everyday.raises),
    "loop that appends": lambda ds: ds.flat_map(everyday.loop_append),
    "loop that adds": lambda ds: ds.map(lambda s: s + str(everyday.loop_add(s, len(s)))),
    "loop that yields": lambda ds: ds.flat_map(everyday.loop_yield).keys(),
    "loop that returns": lambda ds: ds.map(everyday.loop_return),
    "loop over constants": lambda ds: ds.map(everyday.loop_constants),
    "captured dict": lambda ds: ds.map(lambda s: s if everyday.looked_up(s) > 1 else s + "x"),
    "first match": lambda ds: ds.map(everyday.match_named),
    "digits": lambda ds: ds.map(lambda s: "".join(c for c in s if c.isdigit())),
    "sorted words": lambda ds: ds.map(lambda s: " ".join(sorted(set(s.split())))),
    "greatest word": lambda ds: ds.map(lambda s: max(s.split(), key=len)),
    "spaces": lambda ds: ds.map(lambda s: re.sub(r"\s+", " ", s)),
    "dates": lambda ds: ds.map(lambda s: str(date.fromisoformat(s).year)),
    "two places": lambda ds: ds.map(lambda s: f"{float(s):.2f} {round(float(s), 1)}"),
    "pairs of words": lambda ds: ds.flat_map(lambda s: [a + b for a, b in zip(s.split(), s.split()[1:])]),  # noqa: B905
}
ENDS_OF_TEXTS: dict[str, Step] = {
    "lists": lambda ds: ds.map(lambda s: s.split(",")),
    "kept lists": lambda ds: ds.map(lambda s: s.split()).filter(lambda words: words),
    "keyed lists": lambda ds: ds.map(lambda s: (s, s.split())).group_by_key(),
    "fields": lambda ds: ds.map(lambda s: s.split(",")).map(lambda f: (f[0], int(f[1]))),
}
LAST: dict[str, Step] = {
    "rows": lambda ds: ds,
    "count": lambda ds: ds.map(lambda x: (x, 1)).reduce_by_key(lambda a, b: a + b),
    "pairs": lambda ds: ds.key_by(lambda x: x).map_values(lambda x: x).values(),
    "keys": lambda ds: ds.map(lambda x: (x, x)).keys(),
    "distinct": lambda ds: ds.distinct(),
    "counts": lambda ds: ds.count_by_value(),
    "count by key": lambda ds: ds.key_by(lambda x: x).count_by_key(),
    "sizes": lambda ds: ds.map(lambda x: (x, x)).aggregate_by_key(
        10, lambda acc, x: acc + (1 if x else 2), lambda a, b: a + b
    ),
    "best": lambda ds: ds.map(lambda x: (x == 7, (len(str(x)), x))).reduce_by_key(lambda a, b: a if a[0] > b[0] else b),
    "first best": lambda ds: ds.map(lambda x: (len(str(x)), x)).reduce(lambda a, b: max(a, b, key=lambda row: row[0])),
    "ends": lambda ds: ds.map(lambda x: (1, x)).reduce_by_key(min),
    "greatest": lambda ds: ds.reduce(max),
    "opaque": lambda ds: ds.map(lambda x: [x, str(x)]).filter(lambda row: len(row[1]) < 9),
    "limit": lambda ds: ds.limit(3),
}


ENDS = {id(ON_TEXTS): ENDS_OF_TEXTS, id(ON_OPTIONAL): ENDS_OF_OPTIONAL}


def outcome(flow: gr.Flow, rows: Dataset[Any]) -> Any:
    """Return the visible results of an action: typed rows, or the error with its notes; then the dropped rows."""
    try:
        found: Any = [seen(row) for row in rows.collect()]
    except Exception as error:
        found = type(error), str(error), [note for note in error.__notes__ if "defined at" not in note]
    return found, dict(flow.skipped), [(error.step, seen(error.row)) for error in flow.errors]


def seen(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value), [seen(part) for part in value]
    return type(value), repr(value)


@given(data=st.data())
@settings(max_examples=examples(40), deadline=None)
@pytest.mark.parametrize("on_error", ["raise", "skip", "collect"])
@pytest.mark.parametrize(
    ("values", "verbs"),
    [(INTS, ON_INTS), (TEXTS, ON_TEXTS), (OPTIONAL, ON_OPTIONAL)],
    ids=["ints", "texts", "optional"],
)
def test_all_levels_agree(values: Any, verbs: dict[str, Step], on_error: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(values, max_size=30))
    steps = data.draw(st.lists(st.sampled_from(sorted(verbs)), max_size=4))
    endings = {**LAST, **ENDS.get(id(verbs), {})}
    last = data.draw(st.sampled_from(sorted(endings)))
    partitions = data.draw(st.integers(1, 3))
    found = []
    for vectorize in (True, False):
        flow = gr.Flow("levels", engine="inline", on_error=on_error, vectorize=vectorize)
        chain = flow.from_items(rows, partitions=partitions)
        for step in steps:
            chain = verbs[step](chain)
        found.append(outcome(flow, endings[last](chain)))
    assert found[0] == found[1]


@pytest.mark.slow
@given(keys=st.lists(st.one_of(FLOATS, INTS), max_size=30), values=st.lists(FLOATS, min_size=30, max_size=30))
@settings(max_examples=examples(40), deadline=None)
def test_floats_fold_from_left_to_right_at_every_level(keys: list[Any], values: list[float]) -> None:
    rows = [(float(key), value) for key, value in zip(keys, values, strict=False)]
    for f in (lambda a, b: a + b, min, max, lambda a, b: b if a < b else a):  # noqa: FURB136  (a shape of its own)
        found = []
        for vectorize in (True, False):
            pairs = gr.Flow("floats", engine="inline", vectorize=vectorize).from_items(rows, partitions=3)
            found.append((seen(pairs.reduce_by_key(f).collect()), seen(pairs.values().reduce(f).collect())))
            found[-1] += (seen(pairs.values().sum()),)
        assert found[0] == found[1]


def mean_from(zero: Any) -> Callable[[Dataset[Any]], Dataset[Any]]:
    return lambda pairs: pairs.aggregate_by_key(
        (zero, 0), lambda acc, v: (acc[0] + v, acc[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])
    )


ENDINGS: list[Callable[[Dataset[Any]], Any]] = [
    lambda pairs: mean_from(0)(pairs).collect(),
    lambda pairs: mean_from(0.5)(pairs).collect(),
    lambda pairs: mean_from(0)(pairs.map_values(lambda v: v / 7)).collect(),
    lambda pairs: mean_from(0)(pairs.map_values(lambda v: -0.0)).collect(),
    lambda pairs: pairs.aggregate_by_key(-5, lambda acc, v: max(acc, v // 3), max).collect(),
    lambda pairs: pairs.aggregate_by_key(False, lambda acc, v: acc or v > 9, lambda a, b: a or b).collect(),
    lambda pairs: pairs.aggregate_by_key(0, lambda acc, v: acc + 7 // v, lambda a, b: a + b).collect(),
    lambda pairs: pairs.count_by_key().collect(),
    lambda pairs: pairs.values().aggregate(1, lambda acc, v: acc + v % 5, lambda a, b: a + b).collect(),
    lambda pairs: pairs.keys().aggregate("b", lambda acc, v: max(acc, v), lambda a, b: max(a, b)).collect(),
    lambda pairs: pairs.map(lambda k, v: v > 3).sum(),
    lambda pairs: pairs.values().mean(),
    lambda pairs: pairs.values().map(lambda v: v * 0.1).mean(),
]


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.one_of(INTS, st.just(2**62))), max_size=20),
    partitions=st.integers(1, 3),
    ending=st.sampled_from(ENDINGS),
)
@settings(deadline=None)
def test_aggregations_are_the_same_at_every_level(
    rows: list[tuple[str, int]], partitions: int, ending: Callable[[Dataset[Any]], Any]
) -> None:
    found = []
    for vectorize in (True, False):
        pairs = gr.Flow("aggregate", engine="inline", vectorize=vectorize).from_items(rows, partitions=partitions)
        try:
            found.append(seen(ending(pairs)))
        except Exception as error:
            found.append((type(error), str(error)))
    assert found[0] == found[1]


def test_sums_grow_beyond_64_bits_at_every_level() -> None:
    rows = [("a", 2**62), ("a", 2**62), ("b", 1), ("a", 2**62)]
    pairs = gr.Flow("big", engine="inline").from_items(rows, partitions=1)
    assert sorted(pairs.reduce_by_key(lambda a, b: a + b).collect()) == [("a", 3 * 2**62), ("b", 1)]
    assert pairs.values().sum() == 3 * 2**62 + 1


def test_a_row_of_another_kind_goes_on_in_python() -> None:
    rows: list[Any] = [("a", 1)] * 3 + [("a", 2.5), ("a", None)]
    pairs = gr.Flow("mixed", engine="inline").from_items(rows, partitions=2)
    with pytest.raises(TypeError, match="NoneType"):
        pairs.reduce_by_key(lambda a, b: a + b).collect()
    assert pairs.filter(lambda k, v: v is not None).reduce_by_key(lambda a, b: a + b).collect() == [("a", 5.5)]


@given(texts=st.lists(TEXTS, max_size=20), crlf=st.booleans(), ended=st.booleans())
@settings(deadline=None)
def test_lines_are_the_same_at_every_level(
    texts: list[str], crlf: bool, ended: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("lines") / "text"
    end = "\r\n" if crlf else "\n"
    path.write_bytes((end.join(texts) + end * ended).encode())
    found = []
    for vectorize in (True, False):
        flow = gr.Flow("lines", engine="inline", vectorize=vectorize)
        found.append((flow.read_text(path).collect(), flow.read_text(path).flat_map(lambda s: s.split()).collect()))
    assert found[0] == found[1]


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"a b\n" * 5 + b"\xff\n" + b"c\n")
    rows = gr.Flow("bad", engine="inline").read_text(path).flat_map(lambda s: s.split())
    assert rows.take(10) == ["a", "b"] * 5
    with pytest.raises(UnicodeDecodeError) as caught:
        rows.collect()
    assert any("line 6" in note for note in caught.value.__notes__)


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(st.sampled_from(["", "1", "22", "x"]), st.sampled_from(["", "a", "é"]), TEXTS), max_size=15)
)
@settings(max_examples=examples(40), deadline=None)
def test_records_are_the_same_at_every_level(
    rows: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("records") / "rows.csv"
    lines = [",".join(f'"{field}"' if "\n" in field or "," in field else field for field in row) for row in rows]
    path.write_text("\n".join(["a,b,c", *lines]) + "\n")
    found = []
    for vectorize in (True, False):
        flow = gr.Flow("records", engine="inline", on_error="collect", vectorize=vectorize)
        records = flow.read_csv(path)
        numbers = records.filter(lambda r: r["b"] != "é").map(lambda r: int(r["a"]))
        filled = records.map(lambda r: (r["a"] or "none", r["b"], r["c"] if r["b"] is None else "x"))
        ends = (records, numbers, numbers.map(lambda n: (n, 1)).count_by_key(), filled, filled.map(lambda a, b, c: b))
        found.append([outcome(flow, each) for each in ends])
        found[-1].append(records.filter(lambda r: r["b"] == "a").count())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "build",
    [
        lambda ds: ds.filter(lambda s: (w for w in s.split())),
        lambda ds: ds.map(lambda s: "-".join(w for w in s.split())),
        lambda ds: ds.flat_map(lambda s: (w for w in s.split() if w)),
        lambda ds: ds.map(lambda s: (w for w in s.split())),
        lambda ds: ds.key_by(lambda s: (w for w in s.split())),
        lambda ds: ds.map(lambda s: len(w for w in s.split())),
        lambda ds: ds.map(twice_gone_through),
    ],
)
def test_generators_are_no_lists(build: Callable[[gr.Dataset[str]], gr.Dataset[Any]]) -> None:
    outcomes = []
    for vectorize in (False, True):
        flow = gr.Flow(engine="inline", vectorize=vectorize)
        outcomes.append(outcome(flow, build(flow.from_items(["a b", "", " c"]))))
    assert str(outcomes[0]).split(" at 0x")[0] == str(outcomes[1]).split(" at 0x")[0]


def twice_gone_through(s: str) -> tuple[str, str]:
    words = (w for w in s.split())
    return "-".join(words), "-".join(words)


@pytest.mark.parametrize("name", ["lower", "upper", "filled", "known", "names", "sizes", "halves", "values", "pieces"])
def test_none_stays_in_columns(name: str) -> None:
    flow = gr.Flow("levels", engine="inline")
    texts = ["Ab,1", None, "", "é,22", "x"] * 5
    rows = ON_OPTIONAL[name](flow.from_items(texts, partitions=1)).collect()
    assert rows == ON_OPTIONAL[name](gr.Flow(engine="inline", vectorize=False).from_items(texts)).collect()
    (stage,) = flow.stats.stages
    assert stage.rows_by_level["python"] == 0 and stage.rows_by_level["arrow"] == len(texts)
