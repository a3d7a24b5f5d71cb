"""Random verbs on keyed rows, each with the rows that plain Python gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

import glowray as gr
from glowray import agg
from tests.oracle import functions as f
from tests.oracle import verbs
from tests.oracle.pipeline import Draw, Pipeline, picked
from tests.oracle.verbs import Rows


def keyed_row_verb(draw: Draw, p: Pipeline) -> Pipeline:
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


def local_keyed_verb(draw: Draw, p: Pipeline) -> Pipeline:
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


def by_key_verb(draw: Draw, p: Pipeline) -> Pipeline:
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


def grouped(draw: Draw, p: Pipeline) -> Pipeline:
    """Add a verb that groups rows by a key of any kind."""
    state = p.wanted
    kinds = ["group_by", "distinct_key", *(["distinct", "count_by_value"] * 3 if state.plain else [])]
    kind = draw(st.sampled_from(kinds))
    key = picked(draw)
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
