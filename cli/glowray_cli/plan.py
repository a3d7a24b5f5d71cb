"""`glowray plot` and `glowray explain`: the plan of a script's first action. The action itself does not run."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from glowray.errors import GlowrayError
from glowray_cli.options import Debug, Json, example, usage
from glowray_cli.records import write_json
from glowray_cli.run import Arguments, Script
from glowray_cli.views import out

if TYPE_CHECKING:
    from glowray.watch.plan_view import PlanView


def picture(text: str) -> Path:
    """Return the path of a picture, after checking that its suffix names a format.

    Raises:
        ValueError: the suffix names no format.
    """
    from glowray.watch.picture.draw import picture_format

    picture_format(text)
    return Path(text)


Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        parser=usage(picture),
        help="A .svg, .png, .dot or .mmd file; without it, DOT is printed.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=example("plot count_words.py -o plan.svg"))(plot)
    app.command(epilog=example("explain count_words.py -- /var/log/syslog"))(explain)


def plot(script: Script, arguments: Arguments = None, output: Output = None, debug: Debug = False) -> None:
    """Draw the plan of a script's first action. Arguments for the script follow `--`."""
    plan = _planned(script, arguments)
    try:
        drawn = plan.plot(output)
    except (ModuleNotFoundError, OSError) as error:
        raise GlowrayError(str(error)) from error
    typer.echo(drawn if output is None else output)


def explain(script: Script, arguments: Arguments = None, json: Json = False, debug: Debug = False) -> None:
    """Print the plan of a script's first action. Arguments for the script follow `--`."""
    plan = _planned(script, arguments)
    if json:
        write_json(plan.to_dict())
    else:
        out.print(plan.explain(), markup=False, soft_wrap=True)


def _planned(script: Path, arguments: list[str] | None) -> PlanView:
    """Run a script up to its first action and return that action's plan.

    If the script fails before, print its traceback as Python would and exit with 1.
    """
    from glowray.watch import first_action

    try:
        return first_action(script, arguments or [])
    except GlowrayError:
        raise
    except Exception as error:
        traceback.print_exception(error.with_traceback(_from_script(error.__traceback__, str(script.absolute()))))
        raise typer.Exit(1) from error


def _from_script(trace: TracebackType | None, path: str) -> TracebackType | None:
    """Return the traceback from the script's first frame on, or None if the script never ran."""
    while trace is not None and trace.tb_frame.f_code.co_filename != path:
        trace = trace.tb_next
    return trace
