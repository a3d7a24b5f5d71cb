"""Draw pictures of a plan. The file's suffix selects the format."""

from __future__ import annotations

import os
from pathlib import Path

from glowray.extras import check_extra
from glowray.watch.picture.dot import dot
from glowray.watch.picture.heat import COLD, Heat
from glowray.watch.picture.mermaid import mermaid
from glowray.watch.picture.plan_graph import Graph
from glowray.watch.picture.whole_file import write_whole

FORMATS = ("dot", "svg", "png", "mmd")
_INSTEAD = "or draw .dot or .mmd, which need nothing"


def picture_format(path: str | os.PathLike[str]) -> str:
    """Return the format that a file's suffix selects: dot, svg, png or mmd (Mermaid).

    Raises:
        ValueError: the suffix is another one.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise ValueError(f"plot() draws {known}, not {Path(path).name!r}")
    return suffix


def draw(graph: Graph, path: str | os.PathLike[str], heat: Heat = COLD) -> None:
    """Write the picture of a graph, coloured by what was measured, to a file: whole or not at all.

    Raises:
        ValueError: the suffix is not a known format.
        FileNotFoundError: the folder does not exist.
        MissingLibrary: the picture is an image, and pygraphviz is not installed.
        ImportError: the picture is an image, and this machine lacks a library that pygraphviz needs.
    """
    write_whole(path, rendered(graph, picture_format(path), heat), "plot")


def rendered(graph: Graph, form: str, heat: Heat = COLD) -> bytes:
    """Return the picture of a graph in one of FORMATS."""
    if form == "dot":
        return dot(graph, heat).encode()
    if form == "mmd":
        return mermaid(graph, heat).encode()
    check_extra("pygraphviz", f"plot() to .{form}", _INSTEAD)
    try:
        from pygraphviz import AGraph
    except ImportError as error:
        why = f"plot() to .{form} needs pygraphviz, which cannot be imported here: {error}; {_INSTEAD}"
        raise ImportError(why) from None
    scale = "-Gdpi=144" if form == "png" else ""
    drawn: bytes = AGraph(string=dot(graph, heat)).draw(format=form, prog="dot", args=scale)
    return drawn


def can_draw() -> bool:
    """Return whether images can be drawn: whether pygraphviz and the libraries it needs are installed."""
    try:
        import pygraphviz  # noqa: F401
    except ImportError:
        return False
    return True
