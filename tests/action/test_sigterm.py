"""Test SIGTERM during an action: everything is undone, then the process ends. Outside actions nothing changes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import glowray as gr


def handler() -> Any:
    return signal.getsignal(signal.SIGTERM)


def terminate(_: object) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(autouse=True)
def default_handler() -> Iterator[None]:
    """Give a test the default handler, and check that the test leaves it in place."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
        assert handler() is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def rows() -> gr.Dataset[int]:
    return gr.Flow(engine="inline").from_range(4, partitions=2)


def test_a_write_is_undone(rows: gr.Dataset[int], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        rows.map(terminate).write_text(tmp_path / "out")
    assert ended.value.code == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda rows: rows.collect(),
        lambda rows: rows.count(),
        lambda rows: rows.take(2),
        lambda rows: list(rows),
        lambda rows: rows.output(print).flow.run(),
        lambda rows: rows.to_arrow(),
        lambda rows: rows.for_each(print),
    ],
)
def test_every_action_ends_the_process(rows: gr.Dataset[int], act: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        act(rows.map(terminate))
    assert ended.value.code == 143


def test_a_second_one_lets_the_clean_up_go_on(rows: gr.Dataset[int], tmp_path: Path) -> None:
    def twice(n: int) -> None:
        try:
            terminate(n)
        finally:
            terminate(n)

    with pytest.raises(SystemExit):
        rows.map(twice).write_text(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_catches_everything_ends_it_later(rows: gr.Dataset[int]) -> None:
    def stubborn(n: int) -> int:
        with contextlib.suppress(BaseException):
            terminate(n)
        return n

    with pytest.raises(SystemExit) as ended:
        rows.map(stubborn).collect()
    assert ended.value.code == 143


def test_the_handler_is_there_only_for_the_time_of_an_action(rows: gr.Dataset[int]) -> None:
    seen: list[Any] = []
    rows.output(lambda n: seen.append(handler())).flow.run()
    assert signal.SIG_DFL not in seen and len(seen) == 4
    assert handler() is signal.SIG_DFL
    with pytest.raises(ZeroDivisionError):
        rows.map(lambda n: n // 0).collect()
    assert handler() is signal.SIG_DFL


def test_an_action_inside_an_action_leaves_the_handler(rows: gr.Dataset[int]) -> None:
    seen: list[Any] = []

    def act(n: int) -> None:
        rows.count()
        seen.append(handler())

    rows.output(act).flow.run()
    assert signal.SIG_DFL not in seen


def test_it_is_there_in_the_body_of_a_loop_over_rows(rows: gr.Dataset[int]) -> None:
    with pytest.raises(SystemExit) as ended:
        for row in rows:
            terminate(row)
    assert ended.value.code == 143


def test_loops_may_end_in_any_order(rows: gr.Dataset[int]) -> None:
    first, second = iter(rows), iter(rows)
    assert (next(first), next(second)) == (0, 0)
    first.close()  # type: ignore[attr-defined]
    assert handler() is not signal.SIG_DFL
    second.close()  # type: ignore[attr-defined]
    assert handler() is signal.SIG_DFL


def test_a_users_handler_stays(rows: gr.Dataset[int]) -> None:
    came: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    rows.output(terminate).flow.run()
    assert came == [signal.SIGTERM] * 4
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    rows.output(terminate).flow.run()
    assert signal.signal(signal.SIGTERM, signal.SIG_DFL) is signal.SIG_IGN


def test_a_handler_that_is_set_meanwhile_stays(rows: gr.Dataset[int]) -> None:
    running = iter(rows)
    next(running)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    running.close()  # type: ignore[attr-defined]
    assert signal.signal(signal.SIGTERM, signal.SIG_DFL) is signal.SIG_IGN


def test_a_thread_sets_none(rows: gr.Dataset[int]) -> None:
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: rows.output(lambda n: seen.append(handler())).flow.run())
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL] * 4


def test_a_loop_that_another_thread_ends_leaves_the_default_meaning(rows: gr.Dataset[int]) -> None:
    running = iter(rows)
    next(running)
    thread = threading.Thread(target=running.close)  # type: ignore[attr-defined]
    thread.start()
    thread.join()
    assert handler() is not signal.SIG_DFL, "only the main thread may change it"
    with pytest.raises(SystemExit):
        rows.map(terminate).collect()  # the next action restores the default handler
