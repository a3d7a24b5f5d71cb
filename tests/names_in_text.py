"""Check that names which a document writes as code exist: `ds.map(f)`, `gr.Flow(name)`, `glowray up --tls`."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable

import typer

import glowray as gr
from glowray import agg
from glowray_cli.main import app


def python_name(owner: object) -> Callable[[str], None]:
    """Return a check that the attribute that a piece of code uses exists, and takes its arguments."""

    def check(code: str) -> None:
        tree = ast.parse(code, mode="eval").body
        call = tree if isinstance(tree, ast.Call) else None
        name = call.func if call else tree
        assert isinstance(name, ast.Attribute)
        found = getattr(owner, name.attr)
        if call:
            keywords = {keyword.arg: None for keyword in call.keywords}
            bound = len(call.args) + isinstance(owner, type)
            inspect.signature(found).bind_partial(*[None] * bound, **keywords)

    return check


def command(code: str) -> None:
    """Check that a command exists with its options."""
    _, name, *rest = code.split()
    options = {option for parameter in typer.main.get_command(app).commands[name].params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options, code


def variable(code: str) -> None:
    """Check that a document names the cluster's variable. The commands that use it have tests of their own."""
    assert code.startswith("GLOWRAY_ADDRESS=")


KINDS: dict[str, Callable[[str], None]] = {
    "gr": python_name(gr),
    "agg": python_name(agg),
    "flow": python_name(gr.Flow),
    "ds": python_name(gr.Dataset),
    "glowray": command,
    "GLOWRAY_ADDRESS": variable,
}


def check_name(code: str) -> None:
    """Check a piece of code by its first word. An unknown first word is a KeyError."""
    KINDS[re.split(r"[. =]", code)[0]](code)
