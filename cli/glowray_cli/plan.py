"""`glowray plot` and `glowray explain`: the plan of a script's first action, which is not run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glowray.errors import GlowrayError
from glowray_cli.options import Debug, usage
from glowray_cli.run import Arguments, Script
from glowray_cli.views import out


def picture(text: str) -> Path:
    """A file whose suffix is that of a format."""
    from glowray.watch.draw import picture_format

    picture_format(text)
    return Path(text)


Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", parser=usage(picture), help="A .svg, .png, .dot or .mmd file; without it, DOT is printed."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (plot, explain):
        app.command()(command)


def plot(script: Script, arguments: Arguments = None, output: Output = None, debug: Debug = False) -> None:
    """Draw the plan of a script's first action; arguments for the script follow `--`."""
    from glowray.watch import first_action

    plan = first_action(script, arguments or [])
    try:
        drawn = plan.plot(output)
    except (ModuleNotFoundError, OSError) as error:
        raise GlowrayError(str(error)) from error
    typer.echo(drawn if output is None else output)


def explain(script: Script, arguments: Arguments = None, debug: Debug = False) -> None:
    """Print the plan of a script's first action; arguments for the script follow `--`."""
    from glowray.watch import first_action

    out.print(first_action(script, arguments or []).explain(), markup=False, soft_wrap=True)
