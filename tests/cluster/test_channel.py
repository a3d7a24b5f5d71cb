"""Named channels of a cluster: lines in from a shell, out to another, and through jobs between them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Pair
from tests.cluster.machine import DEADLINE, Machine

pytestmark = pytest.mark.cluster

LINES = ["to be", "", "é\u2028 – ж", "0"]

READERS = """
from glowray import cluster
from glowray.cluster.channel import Receiver, Sender
from glowray.errors import ClusterError

cluster.connect()


def first_of(receiver, count):
    return [receiver.next() for _ in range(count)]


sender = Sender("shared")
sender.send([1, (2, "b"), {"c"}, None, 5])
sender.end()

leaves = Receiver("shared")
assert first_of(leaves, 1) == [1] and leaves.ready()
leaves.close()

dies = Receiver("shared")  # is never closed, as one that is killed
assert first_of(dies, 2) == [(2, "b"), {"c"}]

reader = Receiver("shared")
assert first_of(reader, 4) == [(2, "b"), {"c"}, None, 5], "what was not left is given again"
try:
    reader.next()
except StopIteration:
    print("the end")

first = Receiver("shared")
second = Receiver("shared")
try:
    first.next()
except ClusterError as error:
    print(error)
sender.send(["again"])
sender.end()
assert list(second) == [["again"]], "a channel may begin anew"
"""

JOB = """
import sys
import glowray as gr

flow = gr.Flow("through", engine=sys.argv[1])
lines = flow.from_channel("in")
lines.map(str.strip).output("out")
lines.flat_map(str.split).count_by_value().output(lambda word, n: print(word, n))
flow.run()
print(flow.stats.engine)
"""


@pytest.fixture
def spawned(pair: Pair) -> Iterator[list[subprocess.Popen[str]]]:
    """Commands that are ended with the test, however it ends."""
    found: list[subprocess.Popen[str]] = []
    yield found
    for process in found:
        process.kill()
        process.communicate()


def spawn(spawned: list[subprocess.Popen[str]], machine: Machine, command: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        env=machine.environment(),
        cwd=machine.folder,
    )
    spawned.append(process)
    return process


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a command prints; it has to be there."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> str:
    """What a command still prints; it has to succeed."""
    said, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    return said


def test_lines_go_from_one_machine_to_another_as_they_come(pair: Pair, spawned: list[subprocess.Popen[str]]) -> None:
    receiver = spawn(spawned, pair.head_machine, pair.head_machine.command("receive", "talk"))
    sender = spawn(spawned, pair.worker_machine, pair.worker_machine.command("send", "talk"))
    for line in LINES:
        say(sender, f"{line}\n")
        assert line_of(receiver) == f"{line}\n", "before the next one is sent"
    say(sender, "the last has no end")
    assert finish(sender) == ""
    assert finish(receiver) == "the last has no end\n"


def test_a_file_waits_for_its_reader(pair: Pair, tmp_path: Path, spawned: list[subprocess.Popen[str]]) -> None:
    text = "".join(f"{number} {'x' * 1000}\n" for number in range(20_000))
    (tmp_path / "many").write_text(text + "\n no end")
    command = pair.head_machine.command("send", "many", "--file", tmp_path / "many")
    sender = spawn(spawned, pair.head_machine, command)
    assert pair.worker_machine.run("receive", "many").stdout == text + "\n no end\n"
    finish(sender)


@pytest.mark.parametrize("engine", ["inline", "ray"])
def test_lines_go_through_a_job_as_they_come(pair: Pair, spawned: list[subprocess.Popen[str]], engine: str) -> None:
    machine = pair.head_machine
    job = spawn(spawned, machine, [sys.executable, "-c", JOB, engine])
    receiver = spawn(spawned, machine, machine.command("receive", "out"))
    sender = spawn(spawned, machine, machine.command("send", "in"))
    for word in ("be", "not", "be"):
        say(sender, f" {word}\n")
        assert line_of(receiver) == f"{word}\n"
    finish(sender)
    assert sorted(finish(job).splitlines()) == sorted(["be 2", "not 1", engine])
    assert finish(receiver) == ""


def test_what_a_reader_did_not_read_is_for_the_next(pair: Pair) -> None:
    said = pair.worker_machine.python(READERS).splitlines()
    assert said == ["the end", "another reader has taken over the channel 'shared': it has one at a time"]


def test_a_channel_needs_the_token(pair: Pair, tmp_path: Path) -> None:
    stranger = Machine(tmp_path / "stranger")
    for command, token, line in (("send", "", "Error: no token"), ("receive", "e" * 64, "refused the token")):
        done = stranger.run(command, "x", "--address", pair.head.address, code=1, RAY_AUTH_TOKEN=token)
        assert line in done.stderr.splitlines()[0]
