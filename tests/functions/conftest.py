"""Fixtures that run a failing function as a task: in this process and in a worker process. Both must give the same
error.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from glowray.functions import Cause, Failure, Function
from glowray.functions.replay import Attempt, call_with
from glowray.kernels.operators.flat_map import FlatMap
from glowray.kernels.operators.map import Map
from glowray.rows.objects import pickling

# The function is compiled under a file name of glowray, like the code of a task, so its frames are not the user's.
_TASK = """
def attempt(data):
    function, row, arguments, partition = pickling.loads(data)
    try:
        for item in [row]:
            result = function.call(*(function.arguments(item) if arguments is None else arguments))
            if function.verb == "flat_map":
                list(result)
    except BaseException as error:
        if arguments is None:
            kind = FlatMap if function.verb == "flat_map" else Map
            cause = kind(function.verb, function.label, function).cause(row)
        else:
            cause = Cause(function, row, Attempt(call_with, function, arguments))
        return pickling.dumps(Failure.capture(error, verb=function.verb, cause=cause, partition=partition))
    return pickling.dumps(None)
"""
_names: dict[str, Any] = {
    "Attempt": Attempt,
    "Cause": Cause,
    "Failure": Failure,
    "FlatMap": FlatMap,
    "Map": Map,
    "call_with": call_with,
    "pickling": pickling,
}
exec(compile(_TASK, "<glowray loop>", "exec"), _names)
attempt: Callable[[bytes], bytes] = _names["attempt"]

Fails = Callable[..., BaseException]


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(8)
    return stream.read(struct.unpack("<Q", head)[0]) if head else b""


@pytest.fixture(scope="session")
def worker() -> Iterator[Callable[[bytes], bytes]]:
    """Return `attempt` in another process, which cannot import the test modules."""
    command = [sys.executable, str(Path(__file__).resolve())]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin and process.stdout
        requests, answers = process.stdin, process.stdout

        def call(data: bytes) -> bytes:
            _write(requests, data)
            return _read(answers)

        yield call
        requests.close()


@pytest.fixture(params=["here", "elsewhere"])
def failure_of(request: pytest.FixtureRequest) -> Callable[..., Failure]:
    """Return failure_of(f, row): the Failure of f on a row, from a task here or in the worker."""
    run = attempt if request.param == "here" else request.getfixturevalue("worker")

    def failure(
        call: Any, row: Any, verb: str = "map", partition: int | None = 3, arguments: Any = None, **options: Any
    ) -> Failure:
        function = Function.of(call, verb, **options)
        found = pickling.loads(run(pickling.dumps((function, row, arguments, partition))))
        assert isinstance(found, Failure), "the function did not fail"
        return found

    return failure


@pytest.fixture
def fails(failure_of: Callable[..., Failure]) -> Fails:
    """Return fails(f, row): the exception that the driver raises."""
    return lambda *args, **options: failure_of(*args, **options).exception()


if __name__ == "__main__":
    while request := _read(sys.stdin.buffer):
        _write(sys.stdout.buffer, attempt(request))
