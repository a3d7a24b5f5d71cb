"""`glowray run`: a driver script on this machine, or as a job on a cluster."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from glowray import cluster
from glowray.action.interrupt import RUN_VARIABLE
from glowray_cli.options import Debug, Tls, TokenFile, address, usage, wants_debug
from glowray_cli.views import errors

Address = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", parser=usage(address), help="The cluster to run on; without it: here."),
]
Script = Annotated[
    Path, typer.Argument(metavar="SCRIPT", exists=True, dir_okay=False, readable=True, help="A Python script.")
]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="ARGS", help="What the script gets.")]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    # Arguments after SCRIPT are the script's. Only --address may follow SCRIPT and still be ours.
    app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False})(run)


def run(
    ctx: typer.Context,
    script: Script,
    arguments: Arguments = None,
    address: Address = None,
    token_file: TokenFile = None,
    tls: Tls = False,
    debug: Debug = False,
) -> None:
    """Run a Python script here as `python SCRIPT ARGS` does, or as a job on a cluster.

    A job gets the script's folder. Options stand before SCRIPT; --address may also follow it.
    Everything after `--` goes to the script.
    """
    late, own = split_address(arguments or [])
    chosen = late or address
    if chosen is None:
        run_here(script, own, wants_debug(ctx))
    raise typer.Exit(_run_there(script, own, chosen, token_file, tls))


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


def _run_there(script: Path, arguments: list[str], chosen: str, token_file: Path | None, tls: bool) -> int:
    """Run a script as a job on a cluster and return its exit code.

    SIGINT or SIGTERM stops the job first; the exit code is then 128 and the signal's number.
    """
    came = [signal.SIGINT]

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(signal.Signals(number))
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        return cluster.run_job(script, arguments, address=chosen, token_file=token_file, use_tls=tls, write=_write)
    except KeyboardInterrupt:
        errors.print("Interrupted: the job was stopped")
        return 128 + came[-1]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
