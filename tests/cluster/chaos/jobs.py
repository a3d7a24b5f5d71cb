"""The jobs of the rounds. Each returns a result that is compared, and may write outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import glowray as gr
from tests.cluster.chaos.faults import Fuses

PARTITIONS, ROWS, KEYS = 6, 12_000, 200
MEMORY = 1 << 20
"""The bytes of a task in jobs that shall write rows to temporary files."""

Version = Literal["old", "new"]


@dataclass(frozen=True)
class Places:
    """The places of a job: the text to count, two folders, a folder in a store with its options, a file of bad rows."""

    words: str
    folder: str
    other: str
    store: str
    letters: str
    options: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Job:
    """A job. `targets` are the names of the places to which it writes."""

    run: Callable[[gr.Flow, Places, Fuses, Version], Any]
    targets: tuple[str, ...] = ()
    settings: Callable[[Places], dict[str, Any]] = lambda places: {}


def texts(flow: gr.Flow, fuses: Fuses, version: Version) -> gr.Dataset:
    """Return rows of text that differ between the versions."""
    rows = flow.from_range(ROWS, partitions=PARTITIONS).map_partitions(fuses.at("rows"))
    return rows.map(lambda n: f"{version} {n} {'x' * (n % 40)}")


def word_count(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    words = flow.read_text(places.words, partitions=PARTITIONS).map_partitions(fuses.at("rows"))
    counts = words.flat_map(lambda line: line.split()).map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b)
    return counts.map_partitions(fuses.at("keys")).collect()


def join(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    left = flow.from_range(ROWS, partitions=PARTITIONS).map_partitions(fuses.at("rows")).map(lambda n: (n % KEYS, n))
    right = flow.from_range(0, KEYS, 3, partitions=PARTITIONS).map(lambda n: (n, str(n)))
    return left.join(right, how="left").map_partitions(fuses.at("keys")).collect()


def sort(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    rows = flow.from_range(ROWS, partitions=PARTITIONS).map_partitions(fuses.at("rows"))
    shuffled = rows.map(lambda n: (n * 7919 % ROWS, "y" * 100))
    return shuffled.sort().map_partitions(fuses.at("keys")).collect()


def group(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    rows = flow.from_range(ROWS, partitions=PARTITIONS).map_partitions(fuses.at("rows"))
    pairs = rows.map(lambda n: (n % KEYS, f"{n} " * 20))
    groups = pairs.group_by_key().map_partitions(fuses.at("keys"))
    return groups.map(lambda key, values: (key, len(values), values[-1])).collect()


def folder(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    texts(flow, fuses, version).map_partitions(fuses.at("keys")).write_text(places.folder, mode="overwrite")


def store(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    rows = texts(flow, fuses, version).map_partitions(fuses.at("keys"))
    rows.write_text(places.store, mode="overwrite", storage_options=places.options)


def two_folders(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    rows = texts(flow, fuses, version)
    rows.write_text(places.folder, mode="overwrite", defer=True)
    kept = rows.filter(lambda text: text.endswith("x")).map_partitions(fuses.at("keys"))
    kept.write_text(places.other, mode="overwrite", defer=True)
    flow.run()


def letters(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    def check(n: int) -> int:
        if n % 97 == 0:
            raise ValueError(f"{version} {n}")
        return n

    rows = flow.from_range(ROWS, partitions=PARTITIONS).map_partitions(fuses.at("rows")).map(check)
    return rows.map(lambda n: (n % KEYS, 1)).count_by_key().map_partitions(fuses.at("keys")).collect()


def counters(flow: gr.Flow, places: Places, fuses: Fuses, version: Version) -> Any:
    seen = gr.counter("seen")

    def note(n: int) -> tuple[int, int]:
        seen.add(n % 5)
        return n % KEYS, 1 // (n % 101)

    rows = flow.from_range(ROWS, partitions=PARTITIONS).map_partitions(fuses.at("rows")).map(note)
    return rows.reduce_by_key(lambda a, b: a + b).map_partitions(fuses.at("keys")).collect()


JOBS = {
    "word count": Job(word_count),
    "join": Job(join),
    "sort": Job(sort, settings=lambda places: {"memory": MEMORY}),
    "group": Job(group, settings=lambda places: {"memory": MEMORY}),
    "folder": Job(folder, ("folder",)),
    "store": Job(store, ("store",)),
    "two folders": Job(two_folders, ("folder", "other")),
    "bad rows": Job(letters, ("letters",), lambda places: {"on_error": places.letters}),
    "counters": Job(counters, settings=lambda places: {"on_error": "skip"}),
}


@dataclass(frozen=True)
class Result:
    """The outcome of a job that ended by itself: a digest of its result, its counters and skipped rows, or an error."""

    rows: str = ""
    counters: dict[str, int] = field(default_factory=dict, hash=False)
    skipped: dict[str, int] = field(default_factory=dict, hash=False)
    error: str = ""
    message: str = ""
    notes: str = ""
    is_glowray: bool = False


def run(name: str, engine: str, places: Places, fuses: Fuses, version: Version) -> Result:
    """Run a job to its end. Any Exception becomes a Result."""
    job = JOBS[name]
    flow = gr.Flow(name, engine=engine, progress=False, **job.settings(places))
    try:
        value = job.run(flow, places, fuses, version)
    except Exception as error:
        notes = " ".join(getattr(error, "__notes__", ()))
        is_glowray = isinstance(error, gr.GlowrayError)
        return Result(error=type(error).__name__, message=str(error), notes=notes, is_glowray=is_glowray)
    return Result(digest(value), dict(flow.counters), dict(flow.skipped))


def digest(value: Any) -> str:
    """Return a short text that differs if any value or type differs."""
    import hashlib

    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
