"""Test that lines which a reader cannot parse follow on_error on every engine, with the line as the row."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import Lab

CSV = 'n,note\n1,a\nx,"two\nlines"\n\n2,b\n3,c,4\ny\n5,"é"\n'
JSON = '{"n": 1}\n{"n": 2,}\n\n{"n": 2}\n{"n": 3}\nnone\n{"n": 5}\n'
DEEP = "[" * 400 + "]" * 400


def number(text: str) -> int:
    """Convert a field, like a function of the user."""
    return int(text)


@dataclass(frozen=True)
class Format:
    """A file format. `text` has the rows 1, 2, 3 and 5, and the unreadable lines `bad`, which begin at `places`."""

    verb: str
    text: str
    bad: tuple[str, str]
    places: tuple[int, int]
    read: Callable[[gr.Flow, Path, int], Dataset[Any]]
    function: Callable[..., Any] | None = None


FORMATS = {
    "csv": Format(
        "read_csv", CSV, ('x,"two\nlines"', "y"), (3, 8), lambda flow, path, n: flow.read_csv(path, n, types={"n": int})
    ),
    "csv, a function": Format(
        "read_csv",
        CSV,
        ('x,"two\nlines"', "y"),
        (3, 8),
        lambda flow, path, n: flow.read_csv(path, n, types={"n": number}),
        number,
    ),
    "csv, no columns": Format(
        "read_csv",
        CSV,
        ('x,"two\nlines"', "y"),
        (3, 8),
        lambda flow, path, n: flow.read_csv(path, n, types={"n": int}, errors="replace"),
    ),
    "json": Format("read_json", JSON, ('{"n": 2,}', "none"), (2, 6), lambda flow, path, n: flow.read_json(path, n)),
}


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.fixture
def path(tmp_path: Path, form: Format) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(form.text)
    return path


VERBS: dict[str, tuple[Callable[[Dataset[Any]], Dataset[Any]], list[Any]]] = {
    "the field": (lambda rows: rows.map(lambda row: row["n"]), [1, 2, 3, 5]),
    "a column": (lambda rows: rows.map(lambda row: row["n"] + 1), [2, 3, 4, 6]),
    "a few columns, and Python": (
        lambda rows: rows.map(lambda row: row["n"] if row["n"] < 3 else str(row["n"])),
        [1, 2, "3", "5"],
    ),
    "whole rows": (lambda rows: rows.filter(lambda row: len(row) > 0).map(lambda row: row["n"]), [1, 2, 3, 5]),
    "a shuffle": (lambda rows: rows.sort("n").map(lambda row: row["n"]), [1, 2, 3, 5]),
}


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("verb", VERBS)
def test_they_are_skipped_and_counted_once(
    engine: Lab, form: Format, path: Path, partitions: int, vectorize: bool, verb: str
) -> None:
    flow = engine.flow(on_error="skip", vectorize=vectorize)
    build, expected = VERBS[verb]
    assert build(form.read(flow, path, partitions)).collect() == expected
    assert flow.skipped == {form.verb: 2}
    assert flow.errors == []
    assert form.read(flow, path, partitions).count() == 4
    assert flow.skipped == {form.verb: 2}


@pytest.mark.parametrize("partitions", [1, 3])
def test_they_are_collected_with_what_raises(engine: Lab, form: Format, path: Path, partitions: int) -> None:
    flow = engine.flow(on_error="collect")
    assert form.read(flow, path, partitions).map(lambda row: row["n"]).collect() == [1, 2, 3, 5]
    assert [(each.step, each.row) for each in flow.errors] == [(form.verb, line) for line in form.bad]
    for error, place in zip(flow.errors, form.places, strict=True):
        assert f'"{path}", line {place}' in " ".join([str(error.error), *error.error.__notes__])
    first: Any = flow.errors[0].error
    with pytest.raises(ValueError) as raised:
        form.read(engine.flow(), path, partitions).collect()
    assert (type(first), first.args, first.__notes__) == (type(raised.value), raised.value.args, raised.value.__notes__)
    assert any(note == f"row: {form.bad[0]!r}" for note in first.__notes__)
    for failed in (first, raised.value):
        with pytest.raises(ValueError) as again:
            failed.replay()
        assert (type(again.value), again.value.args) == (type(first), first.args)


def test_they_are_dead_letters(engine: Lab, form: Format, path: Path, tmp_path: Path) -> None:
    letters = tmp_path / "letters.json"
    flow = engine.flow(on_error=letters)
    written = form.read(flow, path, 2).map(lambda row: {"n": row["n"]}).write_json(tmp_path / "out")
    assert written.rows == 4
    found = [json.loads(line) for line in letters.read_text().splitlines()]
    assert [(letter["step"], letter["row"]) for letter in found] == [(form.verb, line) for line in form.bad]
    assert all((letter["function"] is None) == (form.function is None) for letter in found)
    assert flow.skipped == {form.verb: 2}


def test_too_many_of_them_fail_the_job(engine: Lab, form: Format, path: Path) -> None:
    assert form.read(engine.flow(on_error="skip", max_errors=2), path, 2).count() == 4
    with pytest.raises(gr.GlowrayError, match=form.verb):
        form.read(engine.flow(on_error="skip", max_errors=1), path, 2).collect()


@pytest.mark.parametrize("vectorize", [True, False])
def test_nobody_hears_of_lines_past_the_last_row(engine: Lab, form: Format, path: Path, vectorize: bool) -> None:
    for policy in ("raise", "skip"):
        flow = engine.flow(on_error=policy, vectorize=vectorize)
        rows = form.read(flow, path, 1).map(lambda row: row["n"])
        assert rows.take(1) == [1]
        assert flow.skipped == {}
        assert rows.limit(1).collect() == [1]
        assert flow.skipped == {}
        assert next(iter(rows)) == 1


LINES = {"read_csv": b"1,2\n", "read_json": b'{"n": 1}\n'}
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a.gz": lambda line: gzip.compress(line * 10_000, mtime=0)[:-20],
    "no text": lambda line: line * 2 + b"\xff" + line,
}
DAMAGED = [(verb, name, damage(line)) for verb, line in LINES.items() for name, damage in DAMAGE.items()]


@pytest.mark.parametrize(("verb", "name", "content"), [*DAMAGED, ("read_csv", "an open quote", b'1,2\n"1,2\n')])
def test_a_damaged_file_is_an_error_under_every_policy(
    engine: Lab, verb: str, name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    for policy in ("raise", "skip", "collect"):
        with pytest.raises(ValueError, match=r"damaged|utf-8|never closed"):
            getattr(engine.flow(on_error=policy), verb)(tmp_path / name, 1).collect()


def test_a_value_too_deep_to_travel_is_such_a_line(engine: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f"1\n{DEEP}\n2\n")
    flow = engine.flow(on_error="collect")
    assert flow.read_json(tmp_path / "a.json").collect() == [1, 2]
    assert [error.row for error in flow.errors] == [DEEP]


def test_a_function_that_stops_an_iteration(engine: Lab, tmp_path: Path) -> None:
    def stop(text: str) -> str:
        return next(iter([])) if text == "2" else text

    (tmp_path / "a.csv").write_text("n\n1\n2\n3\n")
    flow = engine.flow(on_error="collect")
    rows = flow.read_csv(tmp_path / "a.csv", types={"n": stop})
    assert rows.collect() == [{"n": "1"}, {"n": "3"}]
    assert [type(each.error) for each in flow.errors] == [RuntimeError]
    with pytest.raises(RuntimeError):
        engine.flow().read_csv(tmp_path / "a.csv", types={"n": stop}).collect()
