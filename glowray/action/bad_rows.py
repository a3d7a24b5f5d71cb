"""Rows that a step's on_error set aside: kept for flow.errors, or written as dead letters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glowray.functions import Failure
from glowray.io.commit import Commit
from glowray.io.compression import codec_of
from glowray.io.text_sink import TextSink
from glowray.kernels.steps import FunctionStep
from glowray.physical.stage import StagePlan

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class RowError:
    """A row that failed: the step's name or verb, the row, and the user's exception."""

    step: str
    row: Any
    error: BaseException

    @classmethod
    def of(cls, failure: Failure) -> RowError:
        return cls(failure.step, failure.row, failure.exception())


def letter_paths(stages: Sequence[StagePlan], policies: Sequence[str] = ()) -> list[str]:
    """The files that the steps of these stages, and what else has one of `policies`, want failing rows in."""
    steps = (step for stage in stages for branch in stage.branches for step in branch.steps)
    all_policies = [*(step.on_error for step in steps if isinstance(step, FunctionStep)), *policies]
    return [policy for policy in dict.fromkeys(all_policies) if policy not in ("raise", "skip", "collect")]


class Letters:
    """The dead-letter files of one action: taken before it runs, written when it has succeeded, else left alone."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.files = {
            path: Commit(path, TextSink(codec_of(path)), mode="overwrite", single_file=True) for path in paths
        }
        self.folders: dict[str, str] = {}

    def begin(self) -> None:
        """Raises what cannot be written to, before anything runs."""
        try:
            for path, commit in self.files.items():
                self.folders[path] = commit.begin()
        except BaseException:
            self.abort()
            raise

    def stage(self, letters: Mapping[str, Sequence[Failure]]) -> list[Commit]:
        """One JSON line a failing row, a file without lines where none failed; ready to be put in place."""
        for path, commit in self.files.items():
            writer = commit.sink.open(self.folders[path], 0)
            try:
                writer.write(lines(letters.get(path, ())))
                part = writer.close()
            except BaseException:
                writer.abort()
                raise
            commit.stage([part])
        return list(self.files.values())

    def abort(self) -> None:
        """Leaves the files as they were."""
        for commit in self.files.values():
            commit.abort()


def lines(failures: Sequence[Failure]) -> Iterator[str]:
    """Failures as JSON: step, row, error and partition; rows that JSON cannot hold as their repr."""
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
        # Half of a surrogate pair has no UTF-8, but a form in JSON.
        yield json.dumps(json.loads(text)) if _SURROGATE.search(text) else text


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # the class of a row may do anything in its __repr__
        return f"<{type(value).__qualname__} whose repr raises {type(error).__name__}>"
