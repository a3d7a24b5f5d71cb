"""Failing rows that a step's on_error kept: for flow.errors, or written to dead-letter files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from glowray.functions import Failure
from glowray.io.commit.commit import Commit
from glowray.io.commit.place import Place
from glowray.io.files.compression import codec_of
from glowray.io.filesystem.chosen import is_url
from glowray.io.text.sink import TextSink
from glowray.physical.stages.stage import StagePlan

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class RowError:
    """A failing row: the step's name or verb, the row, and the user's exception."""

    step: str
    row: Any
    error: BaseException

    @classmethod
    def of(cls, failure: Failure) -> RowError:
        return cls(failure.step, failure.row, failure.exception())


def letter_paths(stages: Sequence[StagePlan], policies: Sequence[str] = ()) -> list[str]:
    """Return the files that receive failing rows: the paths among the on_error of steps and sources, and `policies`."""
    branches = [branch for stage in stages for branch in stage.branches]
    steps = (step for branch in branches for step in (branch.source, *branch.steps))
    all_policies = [*(step.on_error for step in steps), *policies]
    return [policy for policy in dict.fromkeys(all_policies) if policy not in ("raise", "skip", "collect")]


class Letters:
    """The dead-letter files of one action. They are checked before it runs, and written only if it succeeds."""

    def __init__(self, paths: Sequence[str], storage_options: Mapping[str, Any] | None = None) -> None:
        self.files = {path: self._commit(path, storage_options if is_url(path) else None) for path in paths}
        self.places: dict[str, Place] = {}

    def _commit(self, path: str, options: Mapping[str, Any] | None) -> Commit:
        return Commit(path, TextSink(codec_of(path)), mode="overwrite", single_file=True, storage_options=options)

    def begin(self) -> None:
        """Begin a commit for each file. Raises if a file cannot be written, before anything runs."""
        try:
            for path, commit in self.files.items():
                self.places[path] = commit.begin()
        except BaseException:
            self.abort()
            raise

    def stage(self, letters: Mapping[str, Sequence[Failure]]) -> list[Commit]:
        """Write one JSON line for each failing row, and return the commits. A file of no failing rows is empty."""
        for path, commit in self.files.items():
            commit.stage(self.places[path].write(commit.sink, 0, lines(letters.get(path, ()))))
        return list(self.files.values())

    def abort(self) -> None:
        """Leave the files as they were."""
        with ExitStack() as aborting:  # An error in one leaves none open.
            for commit in self.files.values():
                aborting.callback(commit.abort)


def lines(failures: Sequence[Failure]) -> Iterator[str]:
    """Yield each failure as JSON: step, row, error, function and partition. A row that JSON cannot hold is a repr."""
    for failure in failures:
        record = {
            "step": failure.step,
            "row": failure.row,
            "error": failure.message,
            "function": failure.definition,
            "partition": failure.partition,
        }
        try:
            text = json.dumps(record, default=_text, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            text = json.dumps({**record, "row": _text(failure.row)}, ensure_ascii=False)
        # Half of a surrogate pair cannot be encoded in UTF-8, but JSON can escape it.
        yield json.dumps(json.loads(text)) if _SURROGATE.search(text) else text


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # A row's __repr__ may raise any exception.
        return f"<{type(value).__qualname__} whose repr raises {type(error).__name__}>"
