"""Test that the README is true: its programs, commands, table of names and links."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

import glowray as gr
from tests.cluster.machine import Machine
from tests.examples.programs import ROOT, installed
from tests.names_in_text import check_name

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROGRAMS = [text for kind, text in BLOCKS if kind == "python"]
OUTPUTS = [text for kind, text in BLOCKS if kind == "text"]
COMMANDS = [shlex.split(line) for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
ADDRESS, HOST = "192.0.2.10:6379", "192.0.2.10"
CODE = re.compile(r"`([^`]+)`")


def of_name(name: str) -> list[list[str]]:
    """Return the README's commands that call this program."""
    return [words for words in COMMANDS if words[0].rpartition("/")[2] == name]


def ran(command: Sequence[str | Path], folder: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with the packages importable as if installed."""
    folder.mkdir(exist_ok=True)
    environment = installed(folder)
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    assert {kind for kind, _ in BLOCKS} == {"python", "text", "sh"}
    programs = {words[0].rpartition("/")[2] for words in COMMANDS}
    assert programs == {"glowray", f"GLOWRAY_ADDRESS={ADDRESS}", "make", "pip"}


def test_the_installation_is_that_of_a_clone() -> None:
    """`tests/test_release.py` installs the wheel of the clone in an empty environment."""
    assert of_name("pip") == [["pip", "install", "."]]


@pytest.mark.process
def test_the_first_program(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(PROGRAMS[0])
    done = ran([sys.executable, "words.py"], tmp_path / "packages", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith("#")]
    words = Counter(word for line in lines for word in line.split(":"))
    shown = table(done.stdout)
    assert all(str(words[word]) == n for word, n in shown)
    assert [int(n) for _, n in shown] == sorted(words.values(), reverse=True)[:10]


def test_the_first_output_is_what_the_first_program_prints_of_such_counts(capsys: pytest.CaptureFixture[str]) -> None:
    gr.from_items([(word, int(n)) for word, n in table(OUTPUTS[0])]).top(10, key=lambda word, n: n).show()
    assert capsys.readouterr().out == OUTPUTS[0]


@pytest.mark.process
def test_the_program_that_fails_prints_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "prices.py").write_text(PROGRAMS[2])
    done = ran([sys.executable, "prices.py"], tmp_path / "packages", tmp_path)
    assert done.returncode == 1
    printed = (done.stdout + done.stderr).replace(f"{tmp_path}/", "")
    assert without_marks(printed) == without_marks(OUTPUTS[1])


def test_no_program_is_left_out() -> None:
    assert len(PROGRAMS) == 3, "the second is that of the cluster; test a new one"
    assert "gr.connect" in PROGRAMS[1]


def test_the_targets_of_make() -> None:
    for words in of_name("make"):
        shown = subprocess.run([*words, "--dry-run"], cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert shown.returncode == 0, shown.stderr
        assert "python" in shown.stdout
    assert [words[1] for words in of_name("make")] == ["demo", "test"]


@pytest.mark.process
def test_the_examples(tmp_path: Path) -> None:
    commands = [words for words in of_name("glowray") if words[1] == "examples"]
    assert len(commands) == 2
    for number, words in enumerate(commands):
        done = ran([sys.executable, "-m", "glowray_cli", *words[1:]], tmp_path / str(number))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


@pytest.mark.cluster
def test_the_commands_of_a_cluster(tmp_path: Path) -> None:
    """Run each command as written, except for addresses, ports and the folder of the token."""
    head, worker = Machine(tmp_path / "head"), Machine(tmp_path / "worker")
    commands = [words for words in COMMANDS if words[0] not in ("make", "pip") and "examples" not in words[:2]]
    try:
        seen = [run_on(head, worker, words) for words in commands]
        assert [words[1] for words in commands] == ["up", "join", "status", "run", "python", "down"]
        assert seen[2].count("alive") == 2
        assert "sonnet018  thou" in seen[3] and "018  thou" in seen[4]
        assert "ended" in seen[5]
    finally:
        worker.close()
        head.close()


def run_on(head: Machine, worker: Machine, words: list[str]) -> str:
    """Run one command of the README on two machines, which are both this one. Return its output."""
    if words[1] == "up":
        here = ["127.0.0.1" if word == HOST else word for word in words[1:]]
        return head.start(*here, "--port", 0, "--dashboard-port", 0, "--num-cpus", 1).stdout
    if words[1] == "down":
        return head.run(*words[1:]).stdout
    record = head.record("head")
    there = [ROOT / word if word.startswith("examples/") else word.replace(ADDRESS, record.address) for word in words]
    there = [record.token_file if word == "token" else word for word in there]
    if words[1] == "python":
        name, _, value = str(there[0]).partition("=")
        return head.python(Path(there[2]).read_text().replace("__file__", repr(str(there[2]))), **{name: value})
    if words[1] == "join":
        return worker.start(*there[1:], "--num-cpus", 1).stdout
    shown = head.run(*there[1:]).stdout
    if words[1] == "run":
        program = PROGRAMS[1].replace(ADDRESS, record.address).replace('"token"', repr(record.token_file))
        assert head.python(program).strip() == str(len(range(0, 1_000_000, 7)))
    return shown


def test_every_name_of_the_table_is_there() -> None:
    rows = [line.split("|")[2] for line in TEXT.partition("| Glow | glowray |")[2].splitlines() if line.startswith("|")]
    codes = [code for row in rows for code in CODE.findall(row)]
    assert len(codes) > 30
    for code in codes:
        check_name(code)


def test_every_link_within_the_project_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("https://")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def table(text: str) -> list[list[str]]:
    """Return the cells of a printed table, without its heading. An empty text is printed as two quotes."""
    lines = [line.split("│")[1:-1] for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip().replace("''", "") for cell in line] for line in lines[1:]]


def without_marks(text: str) -> str:
    """Return a traceback without the marks below its lines, which differ between versions of Python."""
    return "\n".join(line for line in text.splitlines() if not re.fullmatch(r"[ ~^]+", line))
