"""Test that every public function refuses a value of a wrong type at the call, for every parameter."""

from __future__ import annotations

import inspect
import pathlib
import queue
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import glowray as gr
from glowray.arguments import check_arguments
from glowray.boundary import is_own_file, is_public_name
from glowray.dataset.core.base import StepOptions
from tests.engine.doubles import ForbiddenEngine

THING = object()
NO_FUNCTION = (3, THING, [abs])  # some parameters also take the name of a field
NO_DATASET = (3, "x", None, THING, [1])


@dataclass(frozen=True)
class Parameter:
    """Wrong values for a parameter, and the parameter's name in the error if it differs."""

    wrong: tuple[Any, ...]
    named: str | None = None


NUMBER = Parameter(("x", THING, [1]))
INT = Parameter(("x", 2.5, THING, True))
TEXT = Parameter((3, THING, b"x"))
SWITCH = Parameter((3, "x", None, THING))
PATH = Parameter((3, b"x", THING, None))
FUNCTION = Parameter(NO_FUNCTION, "needs a function")
DATASET = Parameter(NO_DATASET, "needs a Dataset")

PARAMETERS: dict[str, Parameter] = {
    **dict.fromkeys(["num_cpus", "num_gpus", "memory", "fraction"], NUMBER),
    **dict.fromkeys(["n", "partitions", "max_errors", "batch_size", "seed", "start", "stop", "step"], INT),
    **dict.fromkeys(["name", "engine", "encoding", "errors", "delimiter", "quotechar", "mode", "compression"], TEXT),
    **dict.fromkeys(["format", "how", "query", "address", "field", "suffix", "partition_on"], TEXT),
    **dict.fromkeys(["uri", "database", "collection", "topic", "servers"], TEXT),
    **dict.fromkeys(["reverse", "single_file", "defer", "vectorize", "decompress", "replace", "sort"], SWITCH),
    **dict.fromkeys(["lines", "with_path", "with_key", "after", "transactions"], SWITCH),
    **dict.fromkeys(["f", "fn", "add", "merge", "key", "to_key", "default"], FUNCTION),
    **dict.fromkeys(["others", "names"], Parameter((3, None, THING), "field names")),
    "fractions": Parameter((3, None, THING, "x", {"a": "x"})),
    "weights": Parameter((3, None, THING, "x", ["x"])),
    "bins": Parameter((2.5, None, THING, "x", True)),
    "aggregates": Parameter((3, None, THING, "x", sum), "takes an aggregate"),
    "fields": Parameter((3, THING, "x", ["a"])),
    "other": DATASET,
    **dict.fromkeys(["path", "url"], PATH),
    "resume": Parameter((3, b"x", THING)),
    "version": INT,
    "storage_options": Parameter((3, THING, "x", ["key"])),
    "paths": Parameter((*PATH.wrong, ["/etc/passwd", 3], [None])),
    "token_file": Parameter((3, b"x", THING)),
    **dict.fromkeys(["columns", "null_values"], Parameter((3, THING, "ab", ["a", 3]))),
    "partition_by": Parameter((3, THING, ["a", 3])),
    "header": Parameter((3, THING, None, [3])),
    "types": Parameter((3, THING, [int])),
    "schema": Parameter((3, THING, "x", {"a": int})),
    "on_error": Parameter((3, THING, ["skip"])),
    "progress": Parameter((3, THING, "x")),
    "labels": Parameter((3, THING, "north", {"zone": 1}, {1: "north"})),
    "command": Parameter((3, THING, None, ["sort", 3])),
    "parameters": Parameter((3, THING, None, "x")),
    "uri_or_connection": Parameter((3, THING, None)),
    "items": Parameter((3, None, THING), "needs an iterable"),
    "rows": Parameter((3, None, THING), "needs an iterable"),
    "table": Parameter((3, None, THING, "x"), "needs a pyarrow.Table"),
    "ray_dataset": Parameter((3, None, THING, "x"), "needs a ray.data.Dataset"),
    "write_sql.table": TEXT,
    "df": Parameter((3, None, THING, "x"), "needs a pandas DataFrame"),
    "options": Parameter((3, "x", THING, [1])),
    "end": Parameter((3, "x", THING, {0: "x"})),
    "sink": Parameter((3, None, THING), "needs a queue.Queue, a function"),
    "cls": Parameter((3, None, "x", THING), "needs a class"),
    "on": Parameter((3, THING, ["a", 3], {"a": 3})),
}
ANY = {"value", "zero", "default", "requested_schema", "include", "exclude", "ray_init", "named"}
"""Parameters that take any value, or pass it on."""

FITTING: dict[str, Any] = {
    "f": abs, "fn": lambda index: [], "add": max, "merge": max, "key": abs, "to_key": str, "zero": 0, "n": 1,
    "paths": "/etc/passwd", "path": "/tmp/glowray-none/x.svg", "items": [], "rows": [], "fraction": 0.5, "bins": 2,
    "fractions": {1: 0.5}, "weights": [1, 1],
    "partitions": 1, "command": "cat", "query": "select 1", "start": 1, "cls": pathlib.Path,
    "uri": "mongodb://nowhere", "database": "d", "collection": "c", "topic": "t", "servers": "nowhere",
    "url": "/tmp/glowray-none",
    "uri_or_connection": lambda: None, "sink": queue.Queue(), "name": "x",
    "table": pa.table({"a": [1]}), "write_sql.table": "t", "ray_dataset": None, "df": pd.DataFrame({"a": [1]}),
}  # fmt: skip
"""Values for the required parameters, besides the wrong one."""

DATASET_VERBS = {"join", "co_group", "union"}
REDUCERS = {"reduce", "local_reduce", "merge_reduce", "reduce_by_key", "local_reduce_by_key"}


FLOW = gr.Flow("wrong", engine="inline")
ROWS = FLOW.from_items([(1, 2)])


def callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function and method, with its name."""
    yield from (("gr." + name, each) for name in gr.__all__ if inspect.isroutine(each := getattr(gr, name)))
    yield "gr.Flow", gr.Flow
    for instance in (FLOW, ROWS, gr.counter("x")):
        for name, _ in inspect.getmembers(type(instance), inspect.isfunction):
            if is_public_name(name) and not name.startswith("__"):
                yield f"{type(instance).__name__}.{name}", getattr(instance, name)


CALLABLES = dict(callables())


def parameters(call: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the parameters of a call by name. Spell out `**options`."""
    found = dict(inspect.signature(call).parameters)
    if "options" in found and found["options"].kind is inspect.Parameter.VAR_KEYWORD:
        del found["options"]
        options = get_type_hints(StepOptions)
        found |= {name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in options}
    return found


CASES = [(place, name) for place, call in CALLABLES.items() for name in parameters(call) if name not in ANY]
CASES.append(("Dataset.write_json", "default"))  # first() has a parameter of this name that takes any value


def test_the_list_is_whole() -> None:
    assert len(CALLABLES) > 80 and len(CASES) > 290
    assert {name for _, name in CASES} <= PARAMETERS.keys(), "a new parameter needs its wrong values"


def arguments(place: str, wrong: str, value: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call. One of them is wrong."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    known, verb = parameters(CALLABLES[place]), place.rpartition(".")[2]
    for name, parameter in known.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += [value] if name == wrong else [ROWS] if verb in DATASET_VERBS else []
        elif parameter.kind is parameter.VAR_KEYWORD:
            kwargs |= {"a": value} if name == wrong else {}
        elif name == wrong and parameter.kind is parameter.POSITIONAL_ONLY:
            args.append(value)
        elif name == wrong:
            kwargs[name] = value
        elif wrong == "others" and name in ("f", "key"):
            args.append("x")
        elif wrong == "others" and name == "n":
            args.append(1)
        elif parameter.default is parameter.empty and name not in ANY - {"zero"}:
            kwargs[name] = max if name == "f" and verb in REDUCERS else FITTING.get(f"{verb}.{name}", FITTING[name])
    return args, kwargs


@pytest.mark.parametrize(("place", "name"), CASES, ids=[f"{place}-{name}" for place, name in CASES])
def test_wrong_types(place: str, name: str, forbidden: ForbiddenEngine) -> None:
    parameter, verb = parameters(CALLABLES[place])[name], place.rpartition(".")[2]
    known = PARAMETERS.get(f"{verb}.{name}", PARAMETERS[name])
    if name == "others" and verb in DATASET_VERBS:
        known = DATASET
    if verb == "counter":
        known = Parameter((3, None, THING))
    for value in known.wrong:
        if value is None and parameter.default is None:
            continue
        if (place, name) == ("CounterValue.add", "n") and isinstance(value, bool | float):
            continue  # a counter adds these too
        args, kwargs = arguments(place, name, value)
        with pytest.raises((TypeError, ValueError)) as caught:
            CALLABLES[place](*args, **kwargs)
        text = str(caught.value)
        assert verb in text and (known.named or name) in text, text
        assert "\n" not in text, text
        ours = [frame for frame in traceback.extract_tb(caught.tb) if is_own_file(frame.filename)]
        assert not ours, text


def test_values_that_look_like_the_type(forbidden: ForbiddenEngine, tmp_path: pathlib.Path) -> None:
    rows = gr.Flow(engine="inline", memory=2e9, num_cpus=np.float64(0.5)).from_range(np.int64(3))
    rows.sort(reverse=np.bool_(True)).top(np.uint8(2)).map(abs, memory=1 << 30)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    gr.read_csv((tmp_path / "a.csv", str(tmp_path / "a.csv")), columns={"b": 0, "a": 0}.keys(), types={"a": int})
    gr.read_csv(path for path in [tmp_path / "a.csv"])
    gr.Flow(labels={"zone": "north"}, progress=None, max_errors=None)


class Hostile:
    """A proxy that raises from every operation."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("asked for " + name)

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __bool__ = __eq__ = __hash__ = __repr__  # type: ignore[assignment]


def test_a_proxy_is_not_asked() -> None:
    with pytest.raises(TypeError, match=r"write_text\(\): path must be a str or a pathlib.Path, got a Hostile"):
        gr.from_items([1]).write_text(Hostile())


def test_names_that_only_type_checkers_import_are_not_looked_at() -> None:
    def read(path: Unknown.Path | str, rows: list[Unknown] | None, n: int) -> None:  # type: ignore[name-defined]  # noqa: F821
        """Do nothing."""

    check_arguments(read, (3, 3), {"n": 1})
    with pytest.raises(TypeError, match=r"read\(\): n must be an int, got 'x'"):
        check_arguments(read, (3, 3), {"n": "x"})
