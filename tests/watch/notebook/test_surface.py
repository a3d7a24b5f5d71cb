"""Test which notebook is found, and how HTML gets there. A kernel is in test_kernel.py; marimo has a stand-in here."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import glowray as gr
from glowray.watch.notebook.surface import Marimo, notebook


def test_a_script_has_none() -> None:
    assert notebook() is None


class Output:
    """A cell's output in marimo: `append` adds to it and `replace` sets it."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.replaced = threading.Event()

    def append(self, html: str) -> None:
        self.shown.append(html)

    def replace(self, html: str) -> None:
        self.shown[:] = [html]
        self.replaced.set()


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Output:
    made, marimo = Output(), ModuleType("marimo")
    facts: dict[str, Any] = {"running_in_notebook": lambda: True, "output": made}
    vars(marimo).update(facts, Html=str, Thread=threading.Thread)
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    return made


def test_marimo_shows_a_table(output: Output) -> None:
    assert isinstance(notebook(), Marimo)
    gr.Flow(engine="inline").from_items([("a", 1)]).show()
    assert len(output.shown) == 1 and "<table>" in output.shown[0]


def test_marimo_has_one_live_display(output: Output) -> None:
    def wait(n: int) -> int:
        sys.modules["marimo"].output.replaced.wait(60)
        return n

    assert gr.Flow("live", engine="inline", progress=True).from_range(2).map(wait).collect() == [0, 1]
    assert len(output.shown) == 1 and "1 of 1 stages" in output.shown[0]


def test_marimo_that_was_only_imported_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: False))  # type: ignore[arg-type]
    assert notebook() is None
