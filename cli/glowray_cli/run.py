"""`glowray run`: a driver script on this machine, or as a job on a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn, TextIO

import typer

from glowray import cluster
from glowray.action.ctrl_c_message import RUN_VARIABLE
from glowray.action.resuming import RESUME_VARIABLE
from glowray.watch.record.run_actions import ACTIONS_VARIABLE
from glowray_cli.options import Debug, Json, Tls, TokenFile, address, example, usage, wants_debug
from glowray_cli.records import write_json
from glowray_cli.views import errors

Address = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", parser=usage(address), help="The cluster to run on; without it: here."),
]
Script = Annotated[
    Path, typer.Argument(metavar="SCRIPT", exists=True, dir_okay=False, readable=True, help="A Python script.")
]
Resume = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="A folder or URL: save what tasks make there, or go on from what is saved."),
]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="ARGS", help="What the script gets.")]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    # Arguments after SCRIPT are the script's. Only --address may follow SCRIPT and still be ours.
    settings = {"allow_interspersed_args": False, "ignore_unknown_options": False}
    app.command(context_settings=settings, epilog=example("run count_words.py in.txt --address 192.0.2.1:6379"))(run)


def run(
    ctx: typer.Context,
    script: Script,
    arguments: Arguments = None,
    address: Address = None,
    token_file: TokenFile = None,
    tls: Tls = False,
    resume: Resume = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Run a Python script here as `python SCRIPT ARGS` does, or as a job on a cluster.

    With --resume, a job that died goes on from the tasks that it had saved.
    A job gets the script's folder. Options stand before SCRIPT; --address may also follow it.
    Everything after `--` goes to the script. With --json its output goes to stderr, and a summary to stdout.
    """
    late, own = split_address(arguments or [])
    chosen = late or address
    if resume is not None:
        os.environ[RESUME_VARIABLE] = resume
    if json:
        raise typer.Exit(_run_with_summary(script, own, chosen, token_file, tls, wants_debug(ctx)))
    if chosen is None:
        run_here(script, own, wants_debug(ctx))
    raise typer.Exit(_run_there(script, own, chosen, token_file, tls, sys.stdout))


def _run_with_summary(
    script: Path, arguments: list[str], chosen: str | None, token_file: Path | None, tls: bool, debug: bool
) -> int:
    """Run a script with its output on stderr, print a summary, and return the exit code. No address: here."""
    began, actions = time.monotonic(), None
    if chosen is None:
        code, actions = run_below(script, arguments, debug)
    else:
        code = _run_there(script, arguments, chosen, token_file, tls, sys.stderr)
    facts = {"script": str(script), "arguments": arguments, "address": chosen, "exit_code": code}
    write_json({**facts, "seconds": round(time.monotonic() - began, 3), "actions": actions})
    return code


def run_below(script: Path, arguments: list[str], debug: bool) -> tuple[int, list[Any]]:
    """Run `python SCRIPT ARGS` as a child with its output on stderr. Return its exit code and its actions' statistics.

    Ctrl-C reaches both processes, and SIGTERM is passed on: the child decides how it ends. A child that a signal ended
    has the exit code 128 and the signal's number, as in a shell.
    """
    with tempfile.TemporaryDirectory(prefix="glowray-run-") as folder:
        path = Path(folder, "actions")
        path.touch()
        code = _child([sys.executable, str(script), *arguments], {ACTIONS_VARIABLE: str(path)}, debug)
        return code, [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _child(command: list[str], variables: dict[str, str], debug: bool) -> int:
    environment = os.environ | variables | ({} if debug else {RUN_VARIABLE: "1"})
    signal.signal(signal.SIGINT, lambda number, frame: None)  # A child does not inherit a handler, but SIG_IGN.
    with subprocess.Popen(command, stdout=sys.stderr, env=environment) as child:
        signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
        code = child.wait()
    return code if code >= 0 else 128 - code


def run_here(script: Path, arguments: list[str], debug: bool = False) -> NoReturn:
    """Replace this process by `python SCRIPT ARGS`, which keeps its output, signals and exit code. Never returns.

    Unless `debug`, Ctrl-C prints one line instead of a traceback once the script has imported glowray.
    """
    if not debug:
        os.environ[RUN_VARIABLE] = "1"
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, str(script), *arguments])


def split_address(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Split --address from a script's arguments. The first `--` ends the search and is dropped.

    >>> split_address(["in.txt", "--address", "192.0.2.1:6379"])
    ('192.0.2.1:6379', ['in.txt'])
    >>> split_address(["--", "--address", "mine"])
    (None, ['--address', 'mine'])
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours, rest = arguments[:end], arguments[end + 1 :]
    found: str | None = None
    own: list[str] = []
    waiting = iter(ours)
    for argument in waiting:
        if argument == "--address":
            found = _address(next(waiting, ""))
        elif argument.startswith("--address="):
            found = _address(argument.removeprefix("--address="))
        else:
            own.append(argument)
    return found, own + rest


def _address(text: str) -> str:
    return usage(address)(text)


def _run_there(
    script: Path, arguments: list[str], chosen: str, token_file: Path | None, tls: bool, stream: TextIO
) -> int:
    """Run a script as a job on a cluster, write its output to a stream, and return its exit code.

    SIGINT or SIGTERM stops the job first; the exit code is then 128 and the signal's number.
    """
    came = [signal.SIGINT]

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(signal.Signals(number))
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        return cluster.run_job(
            script,
            arguments,
            address=chosen,
            token_file=token_file,
            use_tls=tls,
            write=partial(_write, stream),
            variables={name: os.environ[name] for name in [RESUME_VARIABLE] if name in os.environ},
        )
    except KeyboardInterrupt:
        errors.print("Interrupted: the job was stopped")
        return 128 + came[-1]


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
