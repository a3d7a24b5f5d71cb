"""The `glowray` command. It exits with 0 for success, 1 if the job failed, 2 for wrong usage."""

from __future__ import annotations

import platform
import sys
import traceback
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import glowray
from glowray.errors import GlowrayError
from glowray_cli import channel, cluster, examples, plan, report, run, top
from glowray_cli.options import example, wants_debug
from glowray_cli.views import errors

FAILED = 1
TOLD: tuple[type[BaseException], ...] = (typer.Exit, typer.Abort, typer.BadParameter.__mro__[2])
"""Errors that typer reports itself. The last is ClickException, the base of wrong usage; typer does not export it."""


class Command(TyperCommand):
    """A command whose help shows in capitals what an option takes, and no Python types."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, as the help shows them."""
        return without_types(super().get_params(ctx))


class Commands(TyperGroup):
    """The commands, listed in the order of their use. Errors are shown in one line, without a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names in the order in which they were added, not alphabetically."""
        return list(self.commands)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, as the help shows them."""
        return without_types(super().get_params(ctx))

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the command line up to the command's name."""
        try:
            return super().make_context(*args, **kwargs)
        except TOLD as error:
            name_close_options(error)
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run a command. If it fails, print the error in one line and exit with 1.

        With --debug the traceback is printed instead. Wrong usage is left to typer, which exits with 2.
        """
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except TOLD as error:
            name_close_options(error)
            raise
        except BrokenPipeError:  # no one reads the output any more, as after `| head`: typer exits with 1, silently
            raise
        except Exception as error:
            if wants_debug(ctx):
                traceback.print_exc()
            elif isinstance(error, GlowrayError):
                show_error(str(error))
            else:
                show_error(f"{type(error).__name__}: {error}; --debug shows where it was raised")
            raise typer.Exit(FAILED) from None


def without_types(parameters: list[Any]) -> list[Any]:
    """Hide the types of flags and arguments: "<bool>" and "<list[str]>" say nothing to a reader of the help."""
    for each in parameters:
        if each.param_type_name == "argument" or vars(each).get("is_flag"):
            each.display_type_rich = lambda ctx: None
    return parameters


def name_close_options(error: BaseException) -> None:
    """Add the options that an unknown one may have been meant to be, in the words of an unknown command.

    typer keeps them beside the message, in an exception that it does not export.
    """
    facts = vars(error)
    close = facts.get("possibilities")
    if close:
        facts["message"] += f". Did you mean {' or '.join(map(repr, sorted(close)))}?"
        facts["possibilities"] = None


def show_error(message: str) -> None:
    """Print an error: what happened, and below it the hint, which is the text after the first semicolon."""
    happened, semicolon, hint = message.partition("; ")
    errors.print(f"[bold red]Error:[/] {_plain(happened)}", soft_wrap=True)
    if semicolon:
        errors.print(f"[dim]Hint:[/]  {_plain(hint)}", soft_wrap=True)


def _plain(text: str) -> str:
    """Escape square brackets, which rich would read as markup."""
    return text.replace("[", r"\[")


app = typer.Typer(
    cls=Commands,
    name="glowray",
    no_args_is_help=True,
    epilog=example("run count_words.py --address 192.0.2.1:6379"),
    pretty_exceptions_enable=False,
)


def show_version(is_asked: bool) -> None:
    """Print the versions of glowray and of what must be the same on all machines of a cluster, and exit."""
    if is_asked:
        ray = metadata.version("ray")
        typer.echo(f"glowray {glowray.__version__}, Python {platform.python_version()}, Ray {ray}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the versions and exit.")
    ] = False,
) -> None:
    """MapReduce over ordinary Python objects, on this machine or on a cluster."""


for module in (cluster, top, run, report, plan, channel, examples):
    module.add_to(app)
for command in app.registered_commands:
    command.cls = Command
