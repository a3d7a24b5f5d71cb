"""Test that an unsendable broadcast is refused where it is made, with the same error on every engine."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import glowray as gr


class Model:
    def __init__(self) -> None:
        self.lock = threading.Lock()


class Stubborn:
    def __reduce__(self) -> Any:
        raise RuntimeError("not me")


class Picky(Exception):
    """An object whose pickle cannot be read: its arguments differ from those of its constructor."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


FLOW = gr.Flow(engine="inline")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (threading.Lock(), r"value \(_thread\.lock\): cannot pickle"),
        ({"db": threading.Lock()}, r"value\['db'\] \(_thread\.lock\): cannot pickle"),
        (Model(), r"value\.lock \(_thread\.lock\): cannot pickle"),
        ([1, (n for n in ())], r"value\[1\] \(generator\): cannot pickle"),
        ({"last": Picky("a", "b")}, r"value\['last'\] \(.*Picky\): .* missing 1 required positional argument"),
        (Stubborn(), r"value \(.*Stubborn\): not me"),
        (FLOW, r"value \(Flow\): a Flow cannot be used inside a function"),
        (FLOW.from_items([1]), r"value \(Dataset\): .* collect\(\) it first"),
        ([lambda: FLOW], r"FLOW \(Flow, used by value\[0\]\)"),
    ],
)
def test_what_cannot_be_pickled_is_named_at_the_call(value: Any, named: str) -> None:
    with pytest.raises(TypeError, match=r"broadcast\(\) cannot send " + named) as caught:
        gr.broadcast(value)
    assert "test_shared.py:" in str(caught.value), "the place of the call"
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("value", [None, {}, lambda: 1, Model, {"f": [lambda n: n]}])
def test_what_can_be_pickled_is_taken(value: Any) -> None:
    assert gr.broadcast(value).value is value
