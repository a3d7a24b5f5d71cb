"""Test named channels of a cluster: from a shell, to a shell, and between them through jobs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Pair
from tests.cluster.machine import DEADLINE, Machine

pytestmark = pytest.mark.cluster

MANY = "".join(f"{number} {'x' * 1000}\n" for number in range(20_000))
"""More lines than a channel holds."""

LINES = ["to be", "", "é\u2028 – ж", "0"]

READERS = """
from glowray import cluster
from glowray.cluster.channels.channel import Receiver, Sender
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
    """Give a list for started commands, and kill them after the test."""
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
    """Return the next line that a command prints. Fail if there is none."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> str:
    """Return the rest of a command's output. Fail if the command fails."""
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
    (tmp_path / "many").write_text(MANY + "\n no end")
    command = pair.head_machine.command("send", "many", "--file", tmp_path / "many")
    sender = spawn(spawned, pair.head_machine, command)
    assert pair.worker_machine.run("receive", "many").stdout == MANY + "\n no end\n"
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


def complaint_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a command prints on stderr."""
    assert process.stderr is not None
    return process.stderr.readline()


def test_who_waits_says_for_whom(pair: Pair, tmp_path: Path, spawned: list[subprocess.Popen[str]]) -> None:
    """Test all waits at once, because each message comes after ten seconds."""
    (tmp_path / "many").write_text(MANY)
    heads, workers = pair.head_machine, pair.worker_machine

    def command(machine: Machine, *words: object) -> subprocess.Popen[str]:
        return spawn(spawned, machine, machine.command(*words))

    # The reader of "dies" is killed. "alone" never gets a reader.
    sends = command(heads, "send", "dies", "--file", tmp_path / "many")
    reads = command(workers, "receive", "dies")
    assert line_of(reads).startswith("0 x")
    reads.kill()
    alone = command(heads, "send", "alone", "--file", tmp_path / "many", "--timeout", 11)
    # The first sender of "hears" is killed. Nobody sends to "deaf".
    hears = command(workers, "receive", "hears")
    dies = command(heads, "send", "hears")
    say(dies, "a line\n")
    assert line_of(hears) == "a line\n"
    dies.kill()
    deaf = command(heads, "receive", "deaf")

    ended = r"last heard \d+ s ago, and its process has ended\n"
    assert re.fullmatch(f"Waiting for the reader of the channel 'dies', {ended}", complaint_of(sends))
    assert complaint_of(alone) == "Waiting for a reader of the channel 'alone': nobody has read it yet\n"
    assert re.fullmatch(f"Waiting for rows of the channel 'hears': its sender was {ended}", complaint_of(hears))
    assert complaint_of(deaf) == "Waiting for rows of the channel 'deaf': nobody has sent to it yet\n"

    # The next reader continues where the killed one stopped. No line is lost.
    again = workers.run("receive", "dies").stdout
    assert MANY.endswith(again) and again.count("\n") > 10_000
    finish(sends)
    assert alone.wait(DEADLINE) == 1
    said = r"Error: the channel 'alone' had no reader for 11 s: (\d+) lines were taken, 0 of them were delivered\n"
    assert (found := re.fullmatch(said, complaint_of(alone))) and 0 < int(found[1]) < 20_000
    heads.run("send", "hears", stdin="another\n")
    assert finish(hears) == "another\n"
    deaf.send_signal(signal.SIGINT)
    assert deaf.wait(DEADLINE) == 130 and "Traceback" not in complaint_of(deaf)


def test_a_timeout_ends_the_wait_and_loses_nothing(
    pair: Pair, tmp_path: Path, spawned: list[subprocess.Popen[str]]
) -> None:
    (tmp_path / "many").write_text(MANY)
    machine = pair.head_machine
    reader = machine.python(
        "from glowray.cluster.channels.channel import Receiver, Sender\n"
        "sender = Sender('counted')\n"
        "sender.send(['first'] * 10)\n"
        "reader = Receiver('counted')\n"
        "print([reader.next() for _ in range(10)] == ['first'] * 10)\n"
        "reader.close()\n"
        "sender.send(range(100))\n"
        "reader = Receiver('counted')\n"
        "print([reader.next() for _ in range(40)] == list(range(40)))\n"
        "reader.close()\n"
        "sender.send([])\n"
        "sender.send([100])\n"
        "print(sender.taken, sender.delivered)\n"
    )
    assert reader.splitlines() == ["True", "True", "111 50"]
    done = machine.run("send", "counted", "--file", tmp_path / "many", "--timeout", 1, code=1)
    assert len(done.stderr.splitlines()) == 1
    assert re.search(r"'counted' had no reader for 1 s: \d+ lines were taken, 0 of them were delivered", done.stderr)
    taken = int(re.findall(r"(\d+) lines", done.stderr)[0])
    received = machine.run("receive", "counted", "--timeout", 1, code=1)
    assert received.stdout == "".join(f"{number}\n" for number in range(40, 101)) + "".join(
        MANY.splitlines(keepends=True)[:taken]
    )
    assert received.stderr == "Error: nothing came through the channel 'counted' for 1 s\n"


def test_a_lost_hub_ends_who_waits_for_it(machine: Machine, spawned: list[subprocess.Popen[str]]) -> None:
    machine.up()
    reader = spawn(spawned, machine, machine.command("receive", "talk"))
    sender = spawn(spawned, machine, machine.command("send", "talk"))
    say(sender, "a line\n")
    assert line_of(reader) == "a line\n"
    (hub,) = [
        p for p in machine.processes() if Path(f"/proc/{p.pid}/cmdline").read_bytes().startswith(b"ray::Channels")
    ]
    os.kill(hub.pid, signal.SIGKILL)
    assert reader.wait(DEADLINE) == 1
    assert complaint_of(reader).startswith("Error: the cluster lost its channels, and what was in them: ")
    with contextlib.suppress(BrokenPipeError):  # the sender may have ended already
        say(sender, "another\n")
    assert sender.wait(DEADLINE) == 1
    assert complaint_of(sender).startswith("Error: the cluster lost its channels, and what was in them: ")
    machine.run("send", "talk", stdin="anew\n")
    assert machine.run("receive", "talk").stdout == "anew\n"


def test_a_channel_needs_the_token(pair: Pair, tmp_path: Path) -> None:
    stranger = Machine(tmp_path / "stranger")
    for command, token, line in (("send", "", "Error: no token"), ("receive", "e" * 64, "refused the token")):
        done = stranger.run(command, "x", "--address", pair.head.address, code=1, RAY_AUTH_TOKEN=token)
        assert line in done.stderr.splitlines()[0]
