"""Options that several commands share, and the functions that read their text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from glowray import boundary
from glowray.cluster.host.ports import join_address, parse_address
from glowray.errors import GlowrayError

T = TypeVar("T")
DEBUG = "glowray.debug"
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def usage(read: Callable[[str], T]) -> Callable[[str], T]:
    """Wrap a reader of an option's text: its ValueError or GlowrayError becomes wrong usage, with exit code 2."""

    def checked(text: str) -> T:
        try:
            return read(text)
        except (GlowrayError, ValueError) as error:
            raise typer.BadParameter(str(error)) from error

    checked.__name__ = read.__name__
    return checked


def address(text: str) -> str:
    """Check HOST:PORT and return it with the host resolved to an IP address."""
    return join_address(*parse_address(text))


def amount(text: str) -> int:
    """Return the number of bytes that a text such as 500000000, 500MB or 4GiB names.

    >>> amount("4GiB")
    4294967296

    Raises:
        ValueError: the text is no amount.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]i?|)B?", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no amount of memory; write bytes, or a number with MB, GB, MiB or GiB")
    return int(Fraction(match[1]) * UNITS[match[2]])


def label(text: str) -> str:
    """Check one KEY=VALUE and return it.

    Raises:
        ValueError: the key, the equals sign or the value is missing.
    """
    key, equals, value = text.partition("=")
    if not key or not equals or not value:
        raise ValueError(f"{text!r} is no label; write KEY=VALUE")
    return text


def labels(pairs: list[str] | None) -> dict[str, str]:
    """Return a dict of several KEY=VALUE. If a key is given twice, the last value counts.

    >>> labels(["zone=north", "zone=south"])
    {'zone': 'south'}
    """
    return dict(pair.split("=", 1) for pair in pairs or [])


def example(line: str) -> str:
    """Return the last line of a command's help: how it is used.

    >>> example("down")
    'Example: glowray down'
    """
    return f"Example: glowray {line}"


def wants_debug(ctx: Any) -> bool:
    """Return whether --debug was given, or GLOWRAY_DEBUG is set in the environment."""
    return boundary.wants_all_frames() or bool(ctx.find_root().meta.get(DEBUG))


def _note_debug(ctx: typer.Context, value: bool) -> None:
    if value:
        ctx.find_root().meta[DEBUG] = True
        os.environ[boundary.DEBUG] = "1"  # a script runs in another process, which inherits the environment


Address = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", parser=usage(address), help="Default: GLOWRAY_ADDRESS, or this machine's head."),
]
Block = Annotated[bool, typer.Option("--block", help="Stay in the foreground; Ctrl-C ends the node.")]
Cpus = Annotated[int | None, typer.Option("--num-cpus", min=0, metavar="N", help="CPUs for tasks; default: all.")]
Debug = Annotated[
    bool, typer.Option("--debug", callback=_note_debug, expose_value=False, help="Show the traceback of an error.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="KEY=VALUE", parser=usage(label), help="A label tasks can ask for; repeatable."),
]
Memory = Annotated[
    int | None,
    typer.Option("--memory", metavar="BYTES", parser=usage(amount), help="For tasks, such as 4GiB; default: all free."),
]
Tls = Annotated[bool, typer.Option("--tls", help="Encrypt all traffic; whoever holds the token gets a certificate.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="The file that holds the cluster's token.")
]
