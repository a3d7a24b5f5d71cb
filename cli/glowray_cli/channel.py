"""`glowray send` and `glowray receive`: lines into and out of a named channel of the cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from glowray.cluster import connect
from glowray.cluster.channels.channel import Receiver, Sender, checked_name
from glowray.errors import GlowrayError
from glowray_cli import views
from glowray_cli.options import Address, Debug, TokenFile, example, usage

READ_BYTES = 1 << 16

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", parser=usage(checked_name), help="The channel's name.")]
File = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", exists=True, dir_okay=False, readable=True, help="Lines; default: stdin."),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0, help="Fail after this long without a reader or a writer."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=example("send lines --file access.log"))(send)
    app.command(epilog=example("receive lines"))(receive)


def send(
    channel: Channel,
    file: File = None,
    timeout: Timeout = None,
    address: Address = None,
    token_file: TokenFile = None,
    debug: Debug = False,
) -> None:
    """Send the lines of stdin or a file to a channel, then the channel's end. Waits while nobody reads."""
    connect(address, token_file=token_file)
    sender = Sender(channel, timeout, views.tell_wait)
    if file is None:
        _send(sys.stdin.buffer, sender)
    else:
        with file.open("rb") as opened:
            _send(opened, sender)
    sender.end()


def receive(
    channel: Channel,
    timeout: Timeout = None,
    address: Address = None,
    token_file: TokenFile = None,
    debug: Debug = False,
) -> None:
    """Print the rows of a channel as they arrive, one a line, until the channel ends."""
    connect(address, token_file=token_file)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a str may hold lone surrogates, which UTF-8 cannot encode
    for rows in Receiver(channel, timeout, views.tell_wait):
        sys.stdout.write("".join(f"{row!s}\n" for row in rows))
        sys.stdout.flush()


def _send(source: IO[bytes], sender: Sender) -> None:
    for lines in _lines(source):
        sender.send(lines)


def _lines(source: IO[bytes]) -> Iterator[list[str]]:
    r"""Yield lists of lines without their ends (\n or \r\n), one list for each read.

    A read takes the bytes that are there, at most 65,536, so that a slow writer's lines are not held back.
    """
    rest, count = b"", 0
    while piece := source.read1(READ_BYTES):  # type: ignore[attr-defined]
        *whole, rest = (rest + piece).split(b"\n")
        yield [_decoded(line.removesuffix(b"\r"), count + place) for place, line in enumerate(whole, 1)]
        count += len(whole)
    if rest:
        yield [_decoded(rest, count + 1)]


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise GlowrayError(f"line {number} is not UTF-8: {line[:80]!r}; pipe it through iconv") from error
