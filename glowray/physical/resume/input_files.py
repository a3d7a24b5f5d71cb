"""The state of the files that a job reads: equal only if they have not changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.location import Location
from glowray.io.reader import FileReader
from glowray.kernels.ends.sources import ReadSource
from glowray.physical.stages.stage import StagePlan

FEW = 8
"""Most files of one folder whose facts are asked for one by one. For more files, the folder is listed."""

Facts = tuple[int | None, int | None, str | None]
"""Bytes, time of the last change in nanoseconds, and the store's tag."""


def input_files(stages: Iterable[StagePlan]) -> Mapping[Location, Facts]:
    """Return the facts of all files that stages read. Files whose store tells no time and no tag are left out."""
    sources = (branch.source for stage in stages for branch in stage.branches)
    readers = (source.reader for source in sources if isinstance(source, ReadSource))
    by_folder: defaultdict[Location, dict[str, Location]] = defaultdict(dict)
    for reader in readers:
        if isinstance(reader, FileReader):
            for place in reader.locations:
                by_folder[place.at(place.path.rpartition("/")[0])][place.path] = place
    found: dict[Location, Facts] = {}
    for folder, places in by_folder.items():
        for info in _infos(folder, places):
            if info.path in places and (info.mtime_ns is not None or info.tag is not None):
                found[places[info.path]] = (info.size, info.mtime_ns, info.tag)
    return found


def _infos(folder: Location, places: Mapping[str, Location]) -> Iterable[FileInfo]:
    if len(places) > FEW and folder.files.has_globs:
        return folder.files.list(folder.path, recursive=False)
    return [info for info in (place.info() for place in places.values()) if info is not None]
