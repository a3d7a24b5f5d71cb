"""Draw pictures of a plan. The file's suffix selects the format."""

from __future__ import annotations

import os
from pathlib import Path

from glowray.extras import check_extra
from glowray.watch.picture.dot import dot
from glowray.watch.picture.mermaid import mermaid
from glowray.watch.picture.plan_graph import Graph

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


def draw(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write the picture of a graph to a file, whole or not at all.

    Raises:
        ValueError: the suffix is not a known format.
        FileNotFoundError: the folder does not exist.
        MissingLibrary: the picture is an image, and pygraphviz is not installed.
        ImportError: the picture is an image, and this machine lacks a library that pygraphviz needs.
    """
    data = rendered(graph, picture_format(path))
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"plot() cannot write {target}: there is no folder {target.parent}")
    made = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        made.write_bytes(data)
        made.replace(target)
    finally:
        made.unlink(missing_ok=True)


def rendered(graph: Graph, form: str) -> bytes:
    """Return the picture of a graph in one of FORMATS."""
    if form == "dot":
        return dot(graph).encode()
    if form == "mmd":
        return mermaid(graph).encode()
    check_extra("pygraphviz", f"plot() to .{form}", _INSTEAD)
    try:
        from pygraphviz import AGraph
    except ImportError as error:
        why = f"plot() to .{form} needs pygraphviz, which cannot be imported here: {error}; {_INSTEAD}"
        raise ImportError(why) from None
    drawn: bytes = AGraph(string=dot(graph)).draw(format=form, prog="dot", args="-Gdpi=144" if form == "png" else "")
    return drawn


def can_draw() -> bool:
    """Return whether images can be drawn: whether pygraphviz and the libraries it needs are installed."""
    try:
        import pygraphviz  # noqa: F401
    except ImportError:
        return False
    return True
