"""`glowray examples`: the programs that come with glowray."""

from __future__ import annotations

import ast
import importlib.util
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from glowray.errors import GlowrayError
from glowray.watch.table.table import Table, texts_column
from glowray.watch.table.terminal import print_table
from glowray_cli.options import Debug, example
from glowray_cli.run import Arguments, run_here

PACKAGE = "glowray_examples"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    line = example("examples word_count")
    app.command(context_settings={"allow_interspersed_args": False}, epilog=line)(examples)


def examples(name: Name = None, arguments: Arguments = None, debug: Debug = False) -> None:
    """List the examples that come with glowray, or run one. The words after NAME are the example's arguments."""
    found = packaged()
    if name is None:
        names = texts_column("", found, tone="bold", least=max(map(len, found)))
        print_table(Table([names, texts_column("", map(summary, found.values()))], is_framed=False))
    elif name in found:
        run_here(found[name], arguments or [])
    else:
        raise typer.BadParameter(_unknown(name, list(found)), param_hint="NAME")


def _unknown(name: str, known: list[str]) -> str:
    """Return what is wrong with a name, and the names that it may have been meant to be."""
    close = get_close_matches(name, known)
    if close:
        return f"there is no example {name!r}. Did you mean {' or '.join(map(repr, close))}?"
    return f"there is no example {name!r}; there are {', '.join(known)}"


def _completed(begun: str) -> list[str]:
    """Return the names of examples that begin with a text, for the shell."""
    return [name for name in packaged() if name.startswith(begun)]


Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="The example to run; without it they are listed.", autocompletion=_completed),
]


def packaged() -> dict[str, Path]:
    """Return the path of each packaged example, by name.

    Raises:
        GlowrayError: the examples are not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise GlowrayError("the examples are not installed; install glowray again")
    folders = map(Path, spec.submodule_search_locations)
    files = sorted(path for folder in folders for path in folder.glob("[!_]*.py"))
    return {path.stem: path for path in files}


def summary(path: Path) -> str:
    """Return the first line of an example's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
