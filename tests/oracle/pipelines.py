"""Random pipelines, each with the rows that plain Python gives for it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.oracle import functions as f
from tests.oracle import verbs
from tests.oracle.keyed_verbs import by_key_verb, grouped, keyed_row_verb, local_keyed_verb
from tests.oracle.pipeline import (
    SCRATCH,
    Draw,
    Pipeline,
    any_source,
    keyed_source,
    near_keys,
    picked,
    rank_function,
    several,
    source,
)
from tests.oracle.verbs import Rows

COMMANDS: dict[str, Callable[[list[str]], list[str]]] = {
    "cat": lambda lines: lines,
    "sed 's/^/> /'": lambda lines: [f"> {line}" for line in lines],
    "awk 'END {print NR}'": lambda lines: [str(len(lines))],
    "LC_ALL=C sort": lambda lines: sorted(lines, key=str.encode),
    "head -n 2": lambda lines: lines[:2],
}


BY_LINE = ["cat", "sed 's/^/> /'"]
"""Commands whose output does not show where a partition begins."""


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
        key = picked(draw)
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
    n, key, reverse = draw(st.integers(0, 6)), rank_function(draw), draw(st.booleans())
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
    key, reverse = rank_function(draw), draw(st.booleans())
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
    key, reverse = rank_function(draw), draw(st.booleans())
    wanted = replace(state, parts=[verbs.in_order(part, key, reverse) for part in state.parts])
    sorted_here = p.then(f"local_sort({key}, {reverse})", lambda ds: ds.local_sort(key, reverse), wanted)
    if kind == "local_sort":
        return sorted_here
    merged = replace(state, parts=[verbs.in_order(wanted.all, key, reverse)])
    return sorted_here.then(f"merge_sorted({key}, {reverse})", lambda ds: ds.merge_sorted(key, reverse), merged)


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
    other = p if draw(st.integers(0, 3)) == 0 else source(draw, draw(several(near_keys(draw))), tiny, plain=True)
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


def _next(draw: Draw, p: Pipeline, tiny: bool) -> Pipeline:
    """Add one verb whose result is defined, given the facts known about the rows."""
    state = p.wanted
    verbs_now: list[Callable[[], Pipeline]] = [lambda: _row_verb(draw, p)] * 2
    if state.keyed:
        verbs_now += [lambda: keyed_row_verb(draw, p)] * 2
        if state.settled:
            verbs_now += [lambda: by_key_verb(draw, p)] * 6 + [lambda: _join(draw, p, tiny)] * 5
        if state.placed and state.ordered:
            verbs_now += [lambda: local_keyed_verb(draw, p)] * 2
    if state.ordered:
        verbs_now += [lambda: _order_verb(draw, p)] * 2 + [lambda: _sort(draw, p)] + [lambda: grouped(draw, p)] * 2
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
