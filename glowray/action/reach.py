"""Checks before the first task: whether the tasks of a job can reach the files that it reads and writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from glowray.engine.task.protocol import Engine
from glowray.errors import GlowrayError
from glowray.io.filesystem.local import unseen
from glowray.io.filesystem.location import Location
from glowray.io.reader import FileReader
from glowray.kernels.partition.partition_steps import Write
from glowray.plan.nodes import Narrow, Node, Read
from glowray.plan.walk import walk
from glowray.resources import Resources

_SHARE = "put it where every machine sees it under the same path, or into a store such as s3://"

Files = tuple[str, Collection[Location]]
"""The label of a source or a write, and where its files are."""


def used_files(nodes: Sequence[Node]) -> Iterator[Files]:
    """Yield the label and the locations of each source of files and each write in some plans."""
    for node in walk(nodes):
        if isinstance(node, Read) and isinstance(node.reader, FileReader):
            yield node.reader.label, node.reader.locations
        elif isinstance(node, Narrow) and isinstance(node.step, Write):
            place = node.step.place.location
            yield node.step.label, [] if place is None else [place]


def first_in_process(nodes: Sequence[Node]) -> Location | None:
    """Return a file of some plans that only this process sees, such as one of memory://; None if there is none."""
    places = (place for _, locations in used_files(nodes) for place in locations)
    return next((place for place in places if place.files.is_in_process), None)


def check_reach(nodes: Sequence[Node], engine: Engine, needs: Resources, beside: Sequence[Files] = ()) -> None:
    """Raise an error if a task on some node would not find a file. `beside` are files that no plan names.

    Nodes are asked only if there are several, and only about files of local disks.

    Raises:
        ValueError: a file is in the memory of this process, and tasks run in others.
        GlowrayError: a node lacks a file or a folder. The error names the node and the path.
    """
    if engine.is_here:
        return
    used = [*used_files(nodes), *beside]
    own = next((place for _, places in used for place in places if place.files.is_in_process), None)
    if own is not None:
        raise ValueError(
            f'"{own}" is in the memory of this process, and only this process can use it: run the flow with '
            'engine="inline", or use a folder or store that the workers see'
        )
    asked = [(label, [place.path for place in places if place.files.is_local]) for label, places in used]
    paths = list(dict.fromkeys(path for _, own_paths in asked for path in own_paths))
    if not paths:
        return
    for node, missing in engine.ask_nodes(partial(unseen, paths), needs):
        if missing:
            label = next(label for label, own_paths in asked if missing[0] in own_paths)
            more = f" and {len(missing) - 1} more paths" if len(missing) > 1 else ""
            raise GlowrayError(f'{label}: "{missing[0]}"{more} cannot be seen on the node {node}: {_SHARE}')
