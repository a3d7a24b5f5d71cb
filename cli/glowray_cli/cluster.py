"""The commands `glowray up`, `join`, `status`, `down` and `dashboard`."""

from __future__ import annotations

import os
import shlex
import sys
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from glowray import cluster
from glowray.cluster.client.dashboard import check_dashboard
from glowray.cluster.host.ports import DEFAULT_DASHBOARD_PORT, DEFAULT_PORT, is_loopback, resolve
from glowray.cluster.nodes.worker import REJOIN_SECONDS
from glowray.cluster.security.token import MISSING
from glowray.errors import ClusterError
from glowray_cli import views
from glowray_cli.options import (
    Address,
    Block,
    Cpus,
    Debug,
    Json,
    Labels,
    Memory,
    Tls,
    TokenFile,
    address,
    example,
    labels,
    usage,
)
from glowray_cli.records import status_record, write_json

Port = Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="The head's port; 0: a free one.")]
DashboardPort = Annotated[
    int, typer.Option(min=0, max=65535, metavar="PORT", help="The dashboard's port; 0: a free one.")
]
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="This machine's address for the workers.")]
DashboardHost = Annotated[str, typer.Option(metavar="ADDRESS", help="The address that the dashboard listens on.")]
Light = Annotated[
    bool, typer.Option("--light", help="Start no dashboard, to save memory; `glowray run --address` needs one.")
]
OwnHost = Annotated[
    str | None,
    typer.Option("--host", metavar="ADDRESS", help="This machine's address for the others; default: found."),
]
Rejoin = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long to try to come back when the head is lost.")
]
Head = Annotated[str, typer.Argument(metavar="HOST:PORT", parser=usage(address), help="The head's address.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command, line in (
        (up, "up --host 192.0.2.1 --num-cpus 8"),
        (join, "join 192.0.2.1:6379 --token-file token"),
        (status, "status --address 192.0.2.1:6379"),
        (down, "down"),
        (dashboard, "dashboard"),
    ):
        app.command(epilog=example(line))(command)


def up(
    port: Port = DEFAULT_PORT,
    host: Host = "127.0.0.1",
    dashboard_host: DashboardHost = "127.0.0.1",
    dashboard_port: DashboardPort = DEFAULT_DASHBOARD_PORT,
    num_cpus: Cpus = None,
    memory: Memory = None,
    label: Labels = None,
    tls: Tls = False,
    light: Light = False,
    block: Block = False,
    debug: Debug = False,
) -> None:
    """Start a head on this machine. Every client and worker needs its token."""
    record = cluster.up(
        port=port,
        host=host,
        dashboard_host=dashboard_host,
        dashboard_port=dashboard_port,
        resources=cluster.NodeResources(num_cpus, memory, labels(label)),
        tls=tls,
        light=light,
        foreground=block,
    )
    if not tls and not all(is_loopback(resolve(name)) for name in (host, dashboard_host)):
        views.warn_of_clear_text()
    command = ["glowray", "join", record.address, "--token-file", record.token_file, *(["--tls"] if tls else [])]
    _show(record, partial(views.show_started, record, shlex.join(command)), block)


def join(
    head: Head,
    token_file: TokenFile = None,
    host: OwnHost = None,
    num_cpus: Cpus = None,
    memory: Memory = None,
    label: Labels = None,
    tls: Tls = False,
    rejoin: Rejoin = REJOIN_SECONDS,
    block: Block = False,
    debug: Debug = False,
) -> None:
    """Join this machine to a head as a worker.

    The token comes from --token-file, RAY_AUTH_TOKEN, stdin, an earlier join, or a prompt, in this order.
    """
    record = cluster.join(
        head,
        _token(head, token_file),
        host=host,
        resources=cluster.NodeResources(num_cpus, memory, labels(label)),
        tls=tls,
        foreground=block,
        rejoin_seconds=rejoin,
    )
    _show(record, partial(views.show_joined, record), block)


def _show(record: cluster.NodeRecord, show: Callable[[], object], block: bool) -> None:
    if block:
        cluster.hold(record, show, views.tell_trouble)
    else:
        show()


def status(
    address: Address = None, token_file: TokenFile = None, tls: Tls = False, json: Json = False, debug: Debug = False
) -> None:
    """Show whether C is compiled, the nodes started on this machine, and the cluster's nodes with their resources."""
    if json:
        _write_status(address, token_file, tls)
        return
    views.show_native()
    views.show_here(cluster.records())
    views.show_cluster(cluster.status(address, token_file, tls))


def _write_status(address: str | None, token_file: Path | None, tls: bool) -> None:
    """Print what `status` shows as JSON. If no cluster answers, print the rest and raise."""
    here = cluster.records()
    try:
        found = cluster.status(address, token_file, tls)
    except ClusterError:
        write_json(status_record(here, None))
        raise
    write_json(status_record(here, found))


def down(debug: Debug = False) -> None:
    """Stop the nodes that `up` and `join` started on this machine, and nothing else."""
    stale = {record.name for record in cluster.records() if not record.is_alive}
    views.show_stopped(cluster.down(), stale)


def dashboard(address: Address = None, token_file: TokenFile = None, tls: Tls = False, debug: Debug = False) -> None:
    """Open the dashboard in a browser. The dashboard asks for the token."""
    found = cluster.status(address, token_file, tls)
    access = cluster.find_access(address, token_file, tls)
    check_dashboard(found.dashboard, bool(access.tls))
    views.show_dashboard(found.dashboard, access.token if isinstance(access.token, Path) else None, access.tls)
    webbrowser.open(found.dashboard)


def _token(head: str, token_file: Path | None) -> str:
    """Return the token for `join`, from the first of: file, environment, stdin, an earlier join, a prompt."""
    if token_file is not None:
        return cluster.read_token(token_file)
    if os.environ.get("RAY_AUTH_TOKEN"):
        return os.environ["RAY_AUTH_TOKEN"]
    at_terminal = sys.stdin.isatty()
    piped = "" if at_terminal else sys.stdin.readline().strip()
    if piped:
        return piped
    try:
        known = cluster.find_access(head).token
        return cluster.read_token(known) if isinstance(known, Path) else known
    except ClusterError as error:
        if str(error) != MISSING or not at_terminal:
            raise
    return str(typer.prompt("Token", hide_input=True))
