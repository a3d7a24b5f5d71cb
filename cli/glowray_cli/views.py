"""What the commands print."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from glowray.cluster import ClusterStatus, NodeRecord, NodeStatus, tls
from glowray.cluster.ports import is_loopback, parse_address
from glowray.native import chosen

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def show_started(record: NodeRecord, joined_with: str) -> None:
    """What to do with a head that has just started; the token is never shown, only its file."""
    out.print(f"[bold green]The head runs[/] at {record.address}", soft_wrap=True)
    _pairs(
        {
            "join": joined_with,
            "token file": record.token_file,
            "dashboard": record.dashboard,
            **_certificate(record),
            "log": record.log,
            "stop": "glowray down",
        }
    )
    if is_loopback(parse_address(record.address)[0]):
        out.print("[dim]Only this machine reaches it; for workers elsewhere: up --host ADDRESS[/]", soft_wrap=True)


def _certificate(record: NodeRecord) -> dict[str, str]:
    """The SHA-256 of the certificate that the dashboard shows to browsers, which know nothing of its authority."""
    if not record.dashboard.startswith("https:"):
        return {}
    certificate = (record.certificates / tls.FILES["RAY_TLS_SERVER_CERT"]).read_text()
    return {"certificate": f"SHA-256 {tls.fingerprint(ssl.PEM_cert_to_DER_cert(certificate))}"}


def warn_of_clear_text() -> None:
    """Say that others on the network can read a cluster's traffic."""
    errors.print(
        "[bold yellow]Warning:[/] the token, code and rows travel unencrypted between machines; add --tls",
        soft_wrap=True,
    )


def tell_wait(text: str) -> None:
    """Say what a command that prints nothing else waits for."""
    errors.print(f"[dim]{escape(text[0].upper() + text[1:])}[/]", soft_wrap=True)


def show_dashboard(url: str, token_file: Path | None, certificates: dict[str, str]) -> None:
    """Show where the dashboard is, and what a browser asks on the way to it."""
    out.print(url, soft_wrap=True)
    if token_file is not None:
        out.print(f"[dim]It asks for the token in[/] {token_file}", soft_wrap=True)
    parts = urlsplit(url)
    shown = parts.scheme == "https" and tls.server_certificate(str(parts.hostname), parts.port or 443, certificates)
    if shown:
        out.print(f"[dim]Its certificate has the SHA-256[/] {tls.fingerprint(shown)}", soft_wrap=True)
        out.print(f"[dim]and is signed by[/] {certificates['RAY_TLS_CA_CERT']}", soft_wrap=True)


def show_joined(record: NodeRecord) -> None:
    """Where a worker has joined."""
    out.print(f"[bold green]This machine works[/] for the head at {record.address}", soft_wrap=True)
    _pairs({"token file": record.token_file, "log": record.log, "stop": "glowray down"})


def show_stopped(found: list[NodeRecord], stale: set[str]) -> None:
    """What was ended."""
    if not found:
        out.print("Nothing was started here.")
    for record in found:
        what = "had ended already" if record.name in stale else "ended"
        out.print(f"The {record.kind} {'at' if record.kind == 'head' else 'of'} {record.address or '?'} {what}")


def show_here(found: list[NodeRecord]) -> None:
    """The nodes that were started on this machine, and whether they still are what they were."""
    for record in found:
        out.print(
            f"[bold]{record.kind}[/] {record.address or '?'} [dim]started here[/] {_state(record)}", soft_wrap=True
        )


def tell_trouble(trouble: str) -> None:
    """Say what is wrong with the node in the foreground, or that nothing is any more."""
    errors.print(f"[yellow]Warning:[/] {trouble}" if trouble else "The node works again", soft_wrap=True)


def _state(record: NodeRecord) -> str:
    """Return what a node that was started here does now."""
    if not record.is_alive:
        return f"ended ({record.failure or 'killed'})"
    if record.trouble:
        return f"runs, but {record.trouble}"
    return "runs" if record.is_whole else "is damaged"


def show_native() -> None:
    """Print whether the glowray of this machine has its loops in C."""
    out.print(f"native: {chosen.loops.name}")


def show_cluster(cluster: ClusterStatus) -> None:
    """The nodes of a cluster and their resources."""
    versions = cluster.versions
    out.print(f"[bold]cluster[/] {cluster.address}  [dim]dashboard[/] {cluster.dashboard}", soft_wrap=True)
    out.print(f"[dim]Python {versions.python}, Ray {versions.ray}, glowray {versions.glowray or '–'}[/]")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("node", "host", "role", "state"):
        table.add_column(heading)
    for heading in ("free CPUs", "memory, GiB", "objects, GiB"):
        table.add_column(heading, justify="right")
    table.add_column("labels")
    for node in cluster.nodes:
        table.add_row(*_row(node))
    out.print(table)


def _row(node: NodeStatus) -> list[str]:
    return [
        node.address,
        node.name,
        "head" if node.is_head else "worker",
        "[green]alive[/]" if node.is_alive else "[red]gone[/]",
        f"{node.free.get('CPU', 0):g} of {node.total.get('CPU', 0):g}",
        _share(node.free, node.total, "memory"),
        _share(node.free, node.total, "object_store_memory"),
        " ".join(f"{name}={value}" for name, value in sorted(node.labels.items())),
    ]


def _share(free: Mapping[str, float], total: Mapping[str, float], name: str) -> str:
    return f"{_gib(free.get(name, 0))} of {_gib(total.get(name, 0))}"


def _gib(amount: float) -> str:
    return f"{amount / 2**30:.1f}"


def _pairs(pairs: Mapping[str, str]) -> None:
    width = max(map(len, pairs))
    for name, value in pairs.items():
        out.print(f"  [dim]{name:<{width}}[/]  {value}", soft_wrap=True)
