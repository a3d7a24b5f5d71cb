"""Test that `glowray run SCRIPT ARGS` does the same as `python SCRIPT ARGS`."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray_cli.run import split_address
from tests.cluster.machine import Machine

TELLS = """
import os, sys
import beside

print(sys.argv, __name__, __file__, sys.path[0], sys.executable, os.getcwd(), beside.NAME, os.getppid())
print(sys.stdin.read(), file=sys.stderr)
sys.exit(5)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a script with a module beside it."""
    (tmp_path / "beside.py").write_text("NAME = 'beside'")
    path = tmp_path / "tells.py"
    path.write_text(TELLS)
    return path


@pytest.mark.parametrize("arguments", [[], ["a b", "", "-x", "--flag=1", "--help", "--debug", "*"]])
def test_a_script_sees_what_python_would_show_it(machine: Machine, script: Path, arguments: list[str]) -> None:
    plain = subprocess.run(
        [sys.executable, str(script), *arguments],
        input="rows",
        capture_output=True,
        text=True,
        env=machine.environment(),
        cwd=machine.folder,
    )
    ours = machine.run("run", script, *arguments, code=5, stdin="rows")
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, plain.returncode)


@pytest.mark.parametrize(
    ("ending", "code"), [("", 0), ("raise SystemExit(2)", 2), ("raise SystemExit('no')", 1), ("1 / 0", 1)]
)
def test_the_exit_code_is_the_scripts(machine: Machine, tmp_path: Path, ending: str, code: int) -> None:
    (tmp_path / "ends.py").write_text(ending)
    done = machine.run("run", tmp_path / "ends.py", code=code)
    assert ("ZeroDivisionError" in done.stderr) == ("1 / 0" in ending)
    assert "glowray_cli" not in done.stderr


def test_a_signal_reaches_the_script_itself(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(
        "import sys\n"
        "try:\n    print('ready', flush=True)\n    sys.stdin.read()\n"
        "except KeyboardInterrupt:\n    sys.exit(9)\n"
    )
    command = subprocess.Popen(
        machine.command("run", tmp_path / "waits.py"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=machine.environment(),
    )
    assert command.stdout is not None and command.stdout.readline() == b"ready\n"
    command.send_signal(signal.SIGINT)
    assert command.wait() == 9
    command.communicate()


def test_a_missing_script_is_wrong_usage(machine: Machine) -> None:
    assert "does not exist" in machine.run("run", "nowhere.py", code=2).stderr


@given(st.lists(st.text().filter(lambda text: text != "--" and not text.startswith("--address"))))
def test_a_scripts_arguments_stay_as_they_are(arguments: list[str]) -> None:
    assert split_address(arguments) == (None, arguments)
    assert split_address(["--address=192.0.2.1:1", *arguments]) == ("192.0.2.1:1", arguments)
    assert split_address([*arguments, "--address", "192.0.2.1:1"]) == ("192.0.2.1:1", arguments)
    assert split_address(["--", *arguments, "--address", "x", "--"]) == (None, [*arguments, "--address", "x", "--"])
