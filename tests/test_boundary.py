"""An error shows the user's own frames, wherever it comes from and whatever was called."""

from __future__ import annotations

import asyncio
import inspect
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.boundary import DEBUG, is_public_name, is_user_facing, trim
from glowray.watch.run.stats import StageStats, Stats
from tests.engine.doubles import Lab

CLASSES = [gr.Dataset, gr.Flow, gr.Group, Stats, StageStats]


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """The functions of ours that users can call on a class."""
    for base in cls.__mro__:
        if base.__module__.startswith("glowray."):
            for name, member in vars(base).items():
                function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if is_public_name(name) and inspect.isfunction(function):
                    yield f"{base.__name__}.{name}", function


def test_all_that_users_call_is_user_facing() -> None:
    functions = [value for name in gr.__all__ if inspect.isroutine(value := getattr(gr, name))]
    assert len(functions) > 15
    assert [each.__name__ for each in functions if not is_user_facing(each)] == []
    found = dict(pair for cls in CLASSES for pair in members(cls))
    assert len(found) > 100
    generated = {"<init>", "__init__", "__repr__"}  # of dataclasses
    assert [name for name, each in found.items() if not is_user_facing(each) and each.__name__ not in generated] == []


def test_what_is_marked_looks_as_it_was_written() -> None:
    assert list(inspect.signature(gr.Dataset.map).parameters)[:2] == ["self", "f"]
    assert list(inspect.signature(gr.Flow).parameters)[:2] == ["name", "engine"]
    assert (gr.Dataset.map.__doc__ or "").startswith("Apply f to every row")
    assert (gr.Flow.stats.__doc__ or "").startswith("Return the statistics")
    assert gr.Dataset.map.__module__ == "glowray.dataset.verbs.rowwise"


def frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of an error and of all that it was raised from."""
    found: list[traceback.FrameSummary] = []
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            found += traceback.extract_tb(each.__traceback__)
            waiting += [each.__cause__, each.__context__]
    return found


def raised(call: Callable[[], Any]) -> BaseException:
    try:
        call()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


LOCK = threading.Lock()
TESTS = Path(__file__).parent


def refuse(n: int) -> int:
    raise ValueError(n)


def rows_that_fail() -> Iterator[int]:
    yield 1
    raise ValueError("the user's own")


WRONG: dict[str, Callable[[gr.Flow, Path], Any]] = {
    "no function": lambda flow, tmp: flow.from_items([1]).map(3),  # type: ignore[call-overload]
    "no argument": lambda flow, tmp: flow.from_items([1]).map(),  # type: ignore[call-overload]
    "an unknown argument": lambda flow, tmp: flow.from_items([1]).map(str, nmae="a"),  # type: ignore[call-overload]
    "a lock": lambda flow, tmp: flow.from_items([1]).map(lambda n: LOCK),
    "a dataset": lambda flow, tmp: flow.from_items([1]).map(lambda n: flow.from_items([n])),
    "no how": lambda flow, tmp: flow.from_items([(1, 1)]).join(flow.from_items([(1, 1)]), how="sideways"),
    "a negative limit": lambda flow, tmp: flow.from_items([1]).limit(-1),
    "no file": lambda flow, tmp: flow.read_text(tmp / "nothing"),
    "no csv": lambda flow, tmp: flow.read_csv(tmp / "nothing*.csv"),
    "no engine": lambda flow, tmp: gr.Flow(engine="spark"),
    "no policy": lambda flow, tmp: gr.Flow(on_error="maybe"),
    "nothing to take": lambda flow, tmp: flow.from_items([]).first(),
    "no mean": lambda flow, tmp: flow.from_items([]).min(),
    "uncached": lambda flow, tmp: flow.from_items([1]).uncache(),
    "no pairs": lambda flow, tmp: flow.from_items([1]).to_dict(),
    "no sum": lambda flow, tmp: flow.from_items(["a", "b"]).sum(),
    "a key": lambda flow, tmp: flow.from_items([([], 1)]).group_by_key().collect(),
    "a folder that is there": lambda flow, tmp: flow.from_items([1]).write_text(tmp),
    "no sink": lambda flow, tmp: flow.from_items([1]).output(3),
    "a function that fails": lambda flow, tmp: flow.from_items([1]).map(refuse).collect(),
    "iteration": lambda flow, tmp: list(flow.from_items([1]).map(refuse)),
    "iteration over nothing": lambda flow, tmp: list(flow.from_items([([], 1)]).group_by_key()),
    "items that fail": lambda flow, tmp: flow.from_items(rows_that_fail()),
    "an output that fails": lambda flow, tmp: (flow.from_items([1]).output(refuse), flow.run()),
    "a channel read twice": lambda flow, tmp: [rows.collect() for rows in [flow.from_channel([1])] * 2],
    "a picture": lambda flow, tmp: flow.from_items([1]).plot(tmp / "plan.txt"),
    "no table": lambda flow, tmp: flow.from_items([object()]).to_arrow(),
    "a broadcast": lambda flow, tmp: gr.broadcast(LOCK),
    "a counter": lambda flow, tmp: gr.counter(3),  # type: ignore[arg-type]
    "a key's class": lambda flow, tmp: gr.register_key(3, str),  # type: ignore[arg-type]
    "spread": lambda flow, tmp: gr.spread(3),  # type: ignore[arg-type]
    "spread rows": lambda flow, tmp: gr.spread(refuse)(3),
    "no source": lambda flow, tmp: gr.read_text(tmp / "nothing"),
    "no such name": lambda flow, tmp: gr.nothing,  # type: ignore[attr-defined]
    "a group's item": lambda flow, tmp: flow.from_items([(1, 2)]).map_values(lambda n: [n].pop(1)).collect(),
    "a replay": lambda flow, tmp: raised(lambda: flow.from_items([1]).map(refuse).collect()).replay(),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("wrong", WRONG)
def test_only_the_user_s_frames(engine: Lab, wrong: str, tmp_path: Path) -> None:
    flow = engine.flow()
    (tmp_path / "a").write_text("")
    error = raised(lambda: WRONG[wrong](flow, tmp_path))
    assert {Path(frame.filename).parent for frame in frames(error)} <= {TESTS, TESTS / "engine"}
    line = WRONG[wrong].__code__.co_firstlineno
    assert line in [frame.lineno for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize("wrong", ["no function", "nothing to take", "iteration over nothing"])
def test_all_frames_where_they_are_asked_for(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEBUG, "1")
    error = raised(lambda: WRONG[wrong](gr.Flow(engine="inline"), tmp_path))
    assert len({frame.filename for frame in frames(error)}) > 1


def test_a_coroutine() -> None:
    async def main() -> None:
        gr.Flow(engine="inline").from_items([]).first()

    error = raised(lambda: asyncio.run(main()))
    assert traceback.extract_tb(error.__traceback__)[-1].name == "main"


def test_an_error_of_the_user_s_that_is_being_handled_keeps_its_frames() -> None:
    def own() -> None:
        raise KeyError("own")

    def call() -> None:
        try:
            own()
        except KeyError:
            gr.Flow(engine="inline").from_items([]).first()

    error = raised(call)
    assert [frame.name for frame in traceback.extract_tb(error.__context__.__traceback__)] == ["call", "own"]  # type: ignore[union-attr]


def test_ctrl_c_in_the_driver() -> None:
    def interrupt(n: int) -> int:
        signal.raise_signal(signal.SIGINT)
        return n

    error = raised(gr.Flow(engine="inline").from_items([1]).map(interrupt).collect)
    assert type(error) is KeyboardInterrupt
    assert {frame.filename for frame in frames(error)} == {__file__}


def test_ctrl_c_in_a_library_that_glowray_called() -> None:
    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        error = raised(gr.Flow(engine="inline").from_channel(queue.Queue()).collect)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert type(error) is KeyboardInterrupt
    assert {frame.filename for frame in frames(error)} == {__file__}


@pytest.mark.ray
def test_ctrl_c_while_ray_works(ray_lab: Lab) -> None:
    import ray

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    rows = ray_lab.flow().from_items([1, 2]).map(str)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray, "wait", interrupted)
        error = raised(rows.collect)
    assert type(error) is KeyboardInterrupt
    assert traceback.extract_tb(error.__traceback__)[0].filename == __file__
    assert not [frame for frame in frames(error) if frame.filename != __file__]


@pytest.mark.slow
def test_a_notebook() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_cell("import glowray as gr")
    result = shell.run_cell("gr.Flow(engine='inline').from_items([1]).map(3)", silent=True)
    error = result.error_in_exec
    assert error is not None
    assert not [frame for frame in traceback.extract_tb(error.__traceback__) if "glowray" in frame.filename]


def test_a_cycle_of_errors_ends() -> None:
    first, second = ValueError(1), ValueError(2)
    first.__context__, second.__cause__ = second, first
    trim(first)


def test_the_members_of_a_group_are_trimmed_too() -> None:
    member = raised(lambda: gr.Flow(engine="nowhere"))
    group = ExceptionGroup("several", [member])  # type: ignore[list-item]
    trim(group)
    assert {frame.filename for frame in frames(member)} == {__file__}
