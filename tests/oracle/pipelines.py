"""Random pipelines, each with the rows that plain Python gives for it."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset
from glowray.flow import Flow
from tests.oracle import functions as f
from tests.oracle import verbs
from tests.oracle.verbs import Rows
from tests.rows.hostile import values

SCRATCH = tempfile.TemporaryDirectory(prefix="glowray-law-")
"""The folder of checkpoints."""

COMMANDS: dict[str, Callable[[list[str]], list[str]]] = {
    "cat": lambda lines: lines,
    "sed 's/^/> /'": lambda lines: [f"> {line}" for line in lines],
    "awk 'END {print NR}'": lambda lines: [str(len(lines))],
    "LC_ALL=C sort": lambda lines: sorted(lines, key=str.encode),
    "head -n 2": lambda lines: lines[:2],
}
BY_LINE = ["cat", "sed 's/^/> /'"]
"""Commands whose output does not show where a partition begins."""

Draw = Callable[[st.SearchStrategy[Any]], Any]
Build = Callable[[Flow, bool], Dataset[Any]]


@dataclass(frozen=True)
class Pipeline:
    """A function that builds a dataset on a flow, the rows wanted of it, and the program as text."""

    build: Build
    wanted: Rows
    text: str

    def __repr__(self) -> str:
        return self.text

    @property
    def verbs(self) -> set[str]:
        """The names of the verbs that the program calls. Text of a row that looks like a call is counted too."""
        return set(re.findall(r"\.(\w+)[(\[]", self.text))

    def on(self, flow: Flow, *, tiny: bool = False) -> Dataset[Any]:
        return self.build(flow, tiny)

    def then(self, text: str, verb: Callable[[Dataset[Any]], Dataset[Any]], wanted: Rows) -> Pipeline:
        build = self.build
        return Pipeline(lambda flow, tiny: verb(build(flow, tiny)), wanted, f"{self.text}\n  .{text}")

    def meeting(
        self,
        text: str,
        others: list[Pipeline],
        verb: Callable[[Dataset[Any], list[Dataset[Any]]], Dataset[Any]],
        wanted: Rows,
    ) -> Pipeline:
        """Return a pipeline whose last verb takes this one and others. If this one is in `others`, it is shared."""
        build = self.build

        def both(flow: Flow, tiny: bool) -> Dataset[Any]:
            own = build(flow, tiny)
            return verb(own, [own if other is self else other.build(flow, tiny) for other in others])

        words = ", ".join("itself" if other is self else str(other).replace("\n", "\n    ") for other in others)
        return Pipeline(both, wanted, f"{self.text}\n  .{text}({words})")


def source(draw: Draw, rows: list[Any], tiny: bool, **facts: bool) -> Pipeline:
    count = max(1, len(rows)) if tiny else draw(st.integers(1, 7))
    if draw(st.integers(0, 4)) == 0:
        dealt = Rows([rows[place::count] for place in range(count)], **facts)
        text = f"from_channel(iter({rows!r}), {count})"
        return Pipeline(lambda flow, tiny: flow.from_channel(iter(rows), count), dealt, text)

    def build(flow: Flow, tiny: bool) -> Dataset[Any]:
        return flow.from_items(rows, count)

    return Pipeline(build, Rows(verbs.even(rows, count), **facts), f"from_items({rows!r}, {count})")


def any_source(draw: Draw, tiny: bool) -> Pipeline:
    kind = draw(st.sampled_from(["keyed", "keyed", "keyed", "keys", "keys", "values"]))
    if kind == "keyed":
        return keyed_source(draw, tiny)
    if kind == "keys":
        return source(draw, draw(_several(_near_keys(draw))), tiny, plain=True)
    return source(draw, draw(_several(values)), tiny)


def _several(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.sampled_from([0, 3, 6, 10]).flatmap(lambda least: st.lists(rows, min_size=least, max_size=least + 4))


def _near_keys(draw: Draw) -> st.SearchStrategy[Any]:
    """Return a strategy of neighbours in the list of keys, so that equal keys of different types meet often."""
    start = draw(st.integers(0, len(f.KEYS) - 1))
    return st.sampled_from((f.KEYS + f.KEYS)[start : start + draw(st.sampled_from([2, 4, len(f.KEYS)]))])


def keyed_source(draw: Draw, tiny: bool) -> Pipeline:
    rows = _several(st.tuples(_near_keys(draw), values))
    return source(draw, draw(rows), tiny, keyed=True)


def _row_verb(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    kinds = ["map", "flat_map", "filter", "key_by", "key_by", "one_by_one", "kept", "kept", "pipe", "map_batches"]
    kinds += ["with_fields", "explode", "fields"]
    kind = draw(st.sampled_from(kinds))
    if kind == "map":
        g = draw(st.sampled_from(f.MAPS))
        plain = g in (f.is_text, f.number, f.nothing)
        return p.then(
            f"map({g.__name__})",
            lambda ds: ds.map(g),
            state.each(lambda part: map(g, part), plain=plain, keyed=g in (f.twin, f.paired) and state.plain),
        )
    if kind == "flat_map":
        g = draw(st.sampled_from(f.FLAT_MAPS))
        wanted = state.each(lambda part: [item for row in part for item in g(row)], plain=g is f.letters)
        return p.then(f"flat_map({g.__name__})", lambda ds: ds.flat_map(g), wanted)
    if kind == "filter":
        keep = f.Keeps(draw(st.integers(0, 9)), draw(st.integers(0, 4)))
        wanted = state.each(lambda part: filter(keep, part), keyed=state.keyed, unique=state.unique, plain=state.plain)
        return p.then(f"filter({keep})", lambda ds: ds.filter(keep), wanted)
    if kind == "key_by":
        key = _picked(draw)
        wanted = state.each(lambda part: [(key(row), row) for row in part], keyed=True)
        return p.then(f"key_by({key})", lambda ds: ds.key_by(key), wanted)
    if kind == "one_by_one":
        wanted = state.each(lambda part: [("row", row) for row in part], keyed=True)
        return p.then("map_partitions(one_by_one)", lambda ds: ds.map_partitions(f.one_by_one), wanted)
    if kind == "with_fields":
        return _with_fields(draw, p)
    if kind == "fields":
        return _fields(draw, p)
    if kind == "explode":
        wanted = state.each(lambda part: [{**f.tagged_record(row), "tags": tag} for row in part for tag in f.tags(row)])
        return p.then("map(tagged_record).explode('tags')", lambda ds: ds.map(f.tagged_record).explode("tags"), wanted)
    return {"kept": _kept, "pipe": _pipe, "map_batches": _map_batches}[kind](draw, p)


def _fields(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a verb that chooses or renames the fields of records."""
    text, verb, change = draw(
        st.sampled_from([
            ("select('s', 'n')", lambda ds: ds.select("s", "n"), lambda row: {"s": row["s"], "n": row["n"]}),
            ("drop('x')", lambda ds: ds.drop("x"), lambda row: {k: v for k, v in row.items() if k != "x"}),
            ("rename(n='m')", lambda ds: ds.rename(n="m"), lambda row: {("m" if k == "n" else k): row[k] for k in row}),
        ])
    )  # fmt: skip
    wanted = p.wanted.each(lambda part: map(change, map(f.record, part)))
    return p.then(f"map(record).{text}", lambda ds: verb(ds.map(f.record)), wanted)


def _with_fields(draw: Draw, p: Pipeline) -> Pipeline:
    name, g = draw(st.sampled_from(["s", "new"])), draw(st.sampled_from(f.FIELDS))
    wanted = p.wanted.each(lambda part: [{**row, name: g(row), "kind": "late"} for row in map(f.record, part)])
    text = f"map(record).with_fields({name}={g.__name__}, kind='late')"
    return p.then(text, lambda ds: ds.map(f.record).with_fields({name: g}, kind="late"), wanted)


def _kept(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a verb that keeps all rows as they are."""
    kind = draw(st.sampled_from(["cache", "uncache", "checkpoint"]))
    if kind == "checkpoint":
        return p.then("checkpoint()", lambda ds: ds.checkpoint(tempfile.mkdtemp(dir=SCRATCH.name)), p.wanted)
    if kind == "uncache":
        return p.then("cache().uncache()", lambda ds: ds.cache().uncache(), p.wanted)
    return p.then("cache()", lambda ds: ds.cache(), p.wanted)


def _pipe(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a command on lines. If order or partitions are undefined, it must treat each line alone."""
    state = p.wanted
    command = draw(st.sampled_from(list(COMMANDS) if state.placed and state.ordered else BY_LINE))
    wanted = state.each(lambda part: verbs.piped(map(f.texted, part), COMMANDS[command]), plain=True)
    return p.then(f"map(texted).pipe({command!r})", lambda ds: ds.map(f.texted).pipe(command), wanted)


def _map_batches(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    by_row = {f.as_it_is: lambda row: True, f.over_two: lambda row: row["n"] > 2}
    g = draw(st.sampled_from([*by_row, *([f.counted] if state.placed and state.ordered else [])]))
    form, size = draw(st.sampled_from(["arrow", "pandas", "numpy", "polars"])), draw(st.integers(1, 5))

    def made(part: list[Any]) -> list[Any]:
        rows = list(map(f.record, part))
        return list(filter(by_row[g], rows)) if g in by_row else [{"rows": len(b)} for b in verbs.batches(rows, size)]

    return p.then(
        f"map(record).map_batches({g.__name__}, {form!r}, {size})",
        lambda ds: ds.map(f.record).map_batches(g, form, batch_size=size),
        state.each(made),
    )


def _keyed_row_verb(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    kinds = ["map_values", "map_values", "flat_map_values", "keys", "values", *(["sample"] if state.ordered else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "sample":
        return _sample_by_key(draw, p)
    if kind == "map_values":
        g = draw(st.sampled_from(f.MAPS))
        wanted = state.each(lambda part: [(key, g(value)) for key, value in part], keyed=True, unique=state.unique)
        return p.then(f"map_values({g.__name__})", lambda ds: ds.map_values(g), wanted)
    if kind == "flat_map_values":
        g = draw(st.sampled_from(f.FLAT_MAPS))
        wanted = state.each(lambda part: [(key, item) for key, value in part for item in g(value)], keyed=True)
        return p.then(f"flat_map_values({g.__name__})", lambda ds: ds.flat_map_values(g), wanted)
    if kind == "keys":
        wanted = state.each(lambda part: [key for key, _ in part], plain=True)
        return p.then("keys()", lambda ds: ds.keys(), wanted)
    return p.then("values()", lambda ds: ds.values(), state.each(lambda part: [value for _, value in part]))


def _sample_by_key(draw: Draw, p: Pipeline) -> Pipeline:
    state, seed = p.wanted, draw(st.integers(0, 5))
    fractions = {key: [0.3, 0.8][f.draw(key) % 2] for key, _ in verbs.groups(state.all).values()}
    chances = {verbs.canonical(key): fraction for key, fraction in fractions.items()}
    wanted = verbs.drawn(state, seed, 0.0, lambda row: chances[verbs.canonical(row[0])])
    return p.then(f"sample_by_key({fractions}, {seed})", lambda ds: ds.sample_by_key(fractions, seed), wanted)


def _order_verb(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a verb whose result depends on the order of the rows."""
    state = p.wanted
    kind = draw(st.sampled_from(["limit", "sample", "repartition", "zip_with_index", "top", "neighbours"]))
    if kind == "neighbours":
        return _neighbours(draw, p)
    if kind == "limit":
        n = draw(st.integers(0, 12))
        return p.then(f"limit({n})", lambda ds: ds.limit(n), verbs.limit(state, n))
    if kind == "sample":
        return _sample(draw, p)
    if kind == "repartition":
        n = draw(st.integers(1, 7))
        wanted = replace(state, parts=verbs.even(state.all, n), placed=True)
        return p.then(f"repartition({n})", lambda ds: ds.repartition(n), wanted)
    if kind == "zip_with_index":
        return p.then("zip_with_index()", lambda ds: ds.zip_with_index(), verbs.zip_with_index(state))
    n, key, reverse = draw(st.integers(0, 6)), _rank(draw), draw(st.booleans())
    wanted = verbs.top(state, n, key, reverse)
    return p.then(f"top({n}, {key}, {reverse})", lambda ds: ds.top(n, key, reverse), wanted)


def _neighbours(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    kind = draw(st.sampled_from(["reverse", "take_while", "drop_while", "sliding"]))
    if kind == "reverse":
        parts = [part[::-1] for part in reversed(state.parts)]
        return p.then("reverse()", lambda ds: ds.reverse(), replace(state, parts=parts))
    if kind == "sliding":
        n, step = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        return p.then(f"sliding({n}, {step})", lambda ds: ds.sliding(n, step), verbs.sliding(state, n, step))
    keep = f.Keeps(draw(st.integers(0, 9)), draw(st.integers(2, 4)))
    taken = len(list(itertools.takewhile(keep, state.all)))
    chosen = range(taken) if kind == "take_while" else range(taken, len(state.all))
    parts = [[row for row, place in part if place in chosen] for part in verbs.numbered(state)]
    return p.then(f"{kind}({keep})", lambda ds: getattr(ds, kind)(keep), replace(state, parts=parts))


def _sample(draw: Draw, p: Pipeline) -> Pipeline:
    state, seed = p.wanted, draw(st.integers(0, 5))
    kind = draw(st.sampled_from(["sample", "replace", "split"]))
    fraction = draw(st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    if kind == "replace":
        wanted = verbs.drawn_often(state, 2 * fraction, seed)
        text = f"sample({2 * fraction}, {seed}, replace=True)"
        return p.then(text, lambda ds: ds.sample(2 * fraction, seed, replace=True), wanted)
    if kind == "split":
        wanted = verbs.drawn(state, seed, 0.25, lambda row: 0.75)
        text = f"random_split([1, 2, 1], {seed})[1]"
        return p.then(text, lambda ds: ds.random_split([1, 2, 1], seed)[1], wanted)
    wanted = verbs.drawn(state, seed, 0.0, lambda row: fraction)
    return p.then(f"sample({fraction}, {seed})", lambda ds: ds.sample(fraction, seed), wanted)


def _sort(draw: Draw, p: Pipeline) -> Pipeline:
    key, reverse = _rank(draw), draw(st.booleans())
    wanted = verbs.sort(p.wanted, key, reverse)
    return p.then(f"sort({key}, {reverse})", lambda ds: ds.sort(key, reverse), wanted)


def _settle(draw: Draw, p: Pipeline) -> Pipeline:
    """Sort rows whose order is undefined, by a key that depends on the row alone."""
    wanted = replace(p.wanted, parts=[sorted(p.wanted.all, key=f.fingerprint)], ordered=True, placed=False)
    return p.then("sort(fingerprint)", lambda ds: ds.sort(f.fingerprint), wanted)


def _fold(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    kind = draw(st.sampled_from(["reduce", "aggregate", "aggregate", "associative", "merge_reduce"]))
    if kind == "merge_reduce":
        wanted = Rows([verbs.fold([state.all], lambda row: row, f.associated, f.associated)])
        return p.then("merge_reduce(associated)", lambda ds: ds.merge_reduce(f.associated), wanted)
    if kind == "associative" or not state.placed:
        state = state.each(lambda part: map(f.tagged, part))
        wanted = Rows([verbs.fold([state.all], lambda row: row, f.joined, f.joined)])
        return p.then("map(tagged).reduce(joined)", lambda ds: ds.map(f.tagged).reduce(f.joined), wanted)
    if kind == "reduce":
        wanted = Rows([verbs.fold(state.parts, lambda row: row, f.associated, f.associated)])
        return p.then("reduce(associated)", lambda ds: ds.reduce(f.associated), wanted)
    wanted = Rows([verbs.fold(state.parts, lambda row: [row], f.appended, f.extended) or [[]]])
    return p.then("aggregate([], appended, extended)", lambda ds: ds.aggregate([], f.appended, f.extended), wanted)


def _local_verb(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a verb whose result depends on the partitions."""
    state = p.wanted
    kind = draw(st.sampled_from(["indexed", "size", "local_sort", "local_reduce", "merge_sorted"]))
    if kind == "indexed":
        parts = [[(index, row) for row in part] for index, part in enumerate(state.parts)]
        wanted = verbs.narrow(state, parts, {"keyed": True})
        return p.then("map_partitions(indexed)", lambda ds: ds.map_partitions(f.indexed), wanted)
    if kind == "size":
        wanted = state.each(lambda part: [len(part)], plain=True)
        return p.then("map_partitions(size)", lambda ds: ds.map_partitions(f.size), wanted)
    if kind == "local_reduce":
        wanted = state.each(lambda part: verbs.fold([part], lambda row: row, f.associated, f.associated))
        return p.then("local_reduce(associated)", lambda ds: ds.local_reduce(f.associated), wanted)
    key, reverse = _rank(draw), draw(st.booleans())
    wanted = replace(state, parts=[verbs.in_order(part, key, reverse) for part in state.parts])
    sorted_here = p.then(f"local_sort({key}, {reverse})", lambda ds: ds.local_sort(key, reverse), wanted)
    if kind == "local_sort":
        return sorted_here
    merged = replace(state, parts=[verbs.in_order(wanted.all, key, reverse)])
    return sorted_here.then(f"merge_sorted({key}, {reverse})", lambda ds: ds.merge_sorted(key, reverse), merged)


def _local_keyed_verb(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    if draw(st.booleans()):
        wanted = state.each(lambda part: verbs.groups(part).values(), keyed=True)
        return p.then("local_group_by_key()", lambda ds: ds.local_group_by_key(), wanted)

    def fold(part: list[Any]) -> list[Any]:
        one = Rows([part])
        return verbs.fold_by_key(one, lambda value: value, f.associated, f.associated).all

    wanted = state.each(fold, keyed=True)
    return p.then("local_reduce_by_key(associated)", lambda ds: ds.local_reduce_by_key(f.associated), wanted)


def _number_by_key(draw: Draw, p: Pipeline) -> Pipeline:
    """Aggregate values by key. They are small numbers or None, so their sums are exact in any order."""
    verb = draw(st.sampled_from(sorted(verbs.BY_KEY)))
    values = p.wanted.each(lambda part: [(key, f.small(value)) for key, value in part])
    folded = [(key, verbs.BY_KEY[verb](found)) for key, found in verbs.groups(values.all).values()]
    wanted = p.wanted.shuffled(folded, keyed=True, unique=True)
    return p.then(f"map_values(small).{verb}()", lambda ds: getattr(ds.map_values(f.small), verb)(), wanted)


def _top_by_key(draw: Draw, p: Pipeline) -> Pipeline:
    n, key = draw(st.integers(0, 4)), f.Rank(draw(st.integers(0, 9)), nested=False)
    best = [(name, verbs.in_order(found, key, True)[:n]) for name, found in verbs.groups(p.wanted.all).values()]
    wanted = p.wanted.shuffled(best, keyed=True, unique=True)
    return p.then(f"top_by_key({n}, {key})", lambda ds: ds.top_by_key(n, gr.whole(key)), wanted)


def _by_key(draw: Draw, p: Pipeline) -> Pipeline:
    state = p.wanted
    kind = draw(st.sampled_from(["reduce", "aggregate", "count", "agg", "group", "partition", "number", "top"]))
    if kind == "number":
        return _number_by_key(draw, p)
    if kind == "top":
        return _top_by_key(draw, p)
    if kind in ("count", "agg"):
        wanted = verbs.fold_by_key(state, lambda value: 1, lambda n, value: n + 1, f.joined)
        if kind == "agg":
            records = replace(wanted, parts=[[(key, {"n": n}) for key, n in part] for part in wanted.parts])
            return p.then("agg_by_key(n=count)", lambda ds: ds.agg_by_key(n=agg.count()), records)
        return p.then("count_by_key()", lambda ds: ds.count_by_key(), wanted)
    if kind == "group":
        wanted = state.shuffled(verbs.groups(state.all).values(), keyed=True, unique=True)
        return p.then("group_by_key()", lambda ds: ds.group_by_key(), wanted)
    if kind == "partition":
        n = draw(st.integers(1, 7))
        wanted = state.shuffled(state.all, keyed=True, unique=state.unique)
        return p.then(f"partition_by_key({n})", lambda ds: ds.partition_by_key(n), wanted)
    if kind == "aggregate":
        merge = f.extended if state.placed else f.flat_extended
        wanted = verbs.fold_by_key(state, lambda value: [value], f.appended, merge)
        return p.then(
            f"aggregate_by_key([], appended, {merge.__name__})",
            lambda ds: ds.aggregate_by_key([], f.appended, merge),
            wanted,
        )
    if state.placed:
        wanted = verbs.fold_by_key(state, lambda value: value, f.associated, f.associated)
        return p.then("reduce_by_key(associated)", lambda ds: ds.reduce_by_key(f.associated), wanted)
    tagged = state.each(lambda part: [(key, f.tagged(value)) for key, value in part])
    wanted = verbs.fold_by_key(tagged, lambda value: value, f.joined, f.joined)
    return p.then(
        "map_values(tagged).reduce_by_key(joined)", lambda ds: ds.map_values(f.tagged).reduce_by_key(f.joined), wanted
    )


def _grouped(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a verb that groups rows by a key of any kind."""
    state = p.wanted
    kinds = ["group_by", "distinct_key", *(["distinct", "count_by_value"] * 3 if state.plain else [])]
    kind = draw(st.sampled_from(kinds))
    key = _picked(draw)
    if kind == "group_by":
        grouped = verbs.groups((key(row), row) for row in state.all)
        wanted = state.shuffled(grouped.values(), keyed=True, unique=True)
        return p.then(f"group_by({key})", lambda ds: ds.group_by(key), wanted)
    if kind == "distinct_key":
        return p.then(f"distinct({key})", lambda ds: ds.distinct(key), verbs.distinct(state, key))
    if kind == "distinct":
        return p.then("distinct()", lambda ds: ds.distinct(), verbs.distinct(state, lambda row: row))
    counts = [(row, len(found)) for row, found in verbs.groups((row, None) for row in state.all).values()]
    wanted = state.shuffled(counts, keyed=True, unique=True)
    return p.then("count_by_value()", lambda ds: ds.count_by_value(), wanted)


def _of_two(draw: Draw, p: Pipeline, tiny: bool) -> Pipeline:
    state = p.wanted
    if state.plain and state.ordered and draw(st.booleans()):
        return _sets(draw, p, tiny)
    other = p if draw(st.integers(0, 3)) == 0 else _short(draw, any_source(draw, tiny))
    there = other.wanted
    kind = draw(st.sampled_from(["union", "cartesian", *(["zip"] if state.ordered and there.ordered else [])]))
    if kind == "union":
        placed, ordered = state.placed and there.placed, state.ordered and there.ordered
        keyed, plain = state.keyed and there.keyed, state.plain and there.plain
        wanted = Rows(state.parts + there.parts, ordered, placed, keyed=keyed, plain=plain)
        return p.meeting("union", [other], lambda ds, more: ds.union(*more), wanted)
    if kind == "cartesian":
        wanted = state.shuffled([(row, mate) for row in state.all for mate in there.all], keyed=state.plain)
        return p.meeting("cartesian", [other], lambda ds, more: ds.cartesian(*more), wanted)
    n = min(len(state.all), len(there.all))
    wanted = verbs.zipped(verbs.limit(state, n), verbs.limit(there, n))
    return p.meeting(f"limit({n}).zip(limit({n}))", [other], lambda ds, more: ds.limit(n).zip(more[0].limit(n)), wanted)


def _sets(draw: Draw, p: Pipeline, tiny: bool) -> Pipeline:
    """Add a set verb on rows that are allowed keys, with itself or another source of keys."""
    other = p if draw(st.integers(0, 3)) == 0 else source(draw, draw(_several(_near_keys(draw))), tiny, plain=True)
    kind = draw(st.sampled_from(["subtract", "intersection"]))
    wanted = verbs.matching(p.wanted, other.wanted, both=kind == "intersection")
    return p.meeting(kind, [other], lambda ds, more: getattr(ds, kind)(*more), wanted)


def _join(draw: Draw, p: Pipeline, tiny: bool) -> Pipeline:
    count = draw(st.integers(1, 2))
    others = [p if draw(st.integers(0, 4)) == 0 else _short_keyed(draw, tiny) for _ in range(count)]
    sides = [p.wanted, *(other.wanted for other in others)]
    how = draw(st.sampled_from(["inner", "left", "right", "outer", "semi", "anti", "co_group"]))
    if how == "co_group":
        return p.meeting("co_group", others, lambda ds, more: ds.co_group(*more), verbs.co_group(sides))
    return p.meeting(f"join[{how}]", others, lambda ds, more: ds.join(*more, how=how), verbs.join(sides, how))


def _short(draw: Draw, p: Pipeline) -> Pipeline:
    kind = draw(st.sampled_from(["source", "row verb", "local verb"]))
    if kind == "source":
        return p
    return _row_verb(draw, p) if kind == "row verb" else _local_verb(draw, p)


def _short_keyed(draw: Draw, tiny: bool) -> Pipeline:
    p = keyed_source(draw, tiny)
    kind = draw(st.sampled_from(["source", "map_values", "by_key"]))
    if kind == "map_values":
        return p.then(
            "map_values(boxed)",
            lambda ds: ds.map_values(f.boxed),
            p.wanted.each(lambda part: [(key, [value]) for key, value in part], keyed=True),
        )
    if kind == "by_key":
        wanted = p.wanted.shuffled(verbs.groups(p.wanted.all).values(), keyed=True, unique=True)
        return p.then("group_by_key()", lambda ds: ds.group_by_key(), wanted)
    return p


def _picked(draw: Draw) -> f.Picked:
    return f.Picked(draw(st.integers(0, len(f.KEYS) - 1)), draw(st.sampled_from([1, 3, 9, len(f.KEYS)])))


def _rank(draw: Draw) -> f.Rank:
    return f.Rank(draw(st.integers(0, 9)), draw(st.booleans()))


def _next(draw: Draw, p: Pipeline, tiny: bool) -> Pipeline:
    """Add one verb whose result is defined, given the facts known about the rows."""
    state = p.wanted
    verbs_now: list[Callable[[], Pipeline]] = [lambda: _row_verb(draw, p)] * 2
    if state.keyed:
        verbs_now += [lambda: _keyed_row_verb(draw, p)] * 2
        if state.settled:
            verbs_now += [lambda: _by_key(draw, p)] * 6 + [lambda: _join(draw, p, tiny)] * 5
        if state.placed and state.ordered:
            verbs_now += [lambda: _local_keyed_verb(draw, p)] * 2
    if state.ordered:
        verbs_now += [lambda: _order_verb(draw, p)] * 2 + [lambda: _sort(draw, p)] + [lambda: _grouped(draw, p)] * 2
    else:
        verbs_now += [lambda: _settle(draw, p)] * 2
    if state.placed and state.ordered:
        verbs_now += [lambda: _local_verb(draw, p)]
    if len(state.all) <= 30:
        verbs_now += [lambda: _of_two(draw, p, tiny)] * 2
    return draw(st.sampled_from(verbs_now))()


@st.composite
def pipelines(draw: Draw, tiny: bool = False, longest: int = 6) -> Pipeline:
    """Draw a pipeline of a source and up to `longest` verbs."""
    p = any_source(draw, tiny)
    for _ in range(draw(st.integers(1, longest))):
        if len(p.wanted.all) > 300:
            break
        p = _next(draw, p, tiny)
    # A fold ends in one row, which tests little of later verbs, so folds come last.
    return _fold(draw, p) if p.wanted.ordered and draw(st.integers(0, 5)) == 0 else p
