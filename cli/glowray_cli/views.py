"""Functions that print what the commands show."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from glowray.cluster import ClusterStatus, NodeRecord, NodeStatus
from glowray.cluster.host.ports import is_loopback, parse_address
from glowray.cluster.security import tls
from glowray.watch.table.table import Cell, Table, TableColumn, texts_column
from glowray.watch.table.terminal import print_table

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
NO_DASHBOARD = "none, as the head is light"


def show_started(record: NodeRecord, joined_with: str) -> None:
    """Print the address, token file and join command of a head that has started. The token is never printed."""
    out.print(f"[bold green]The head runs[/] at {record.address}", soft_wrap=True)
    _pairs(
        {
            "join": joined_with,
            "token file": record.token_file,
            "dashboard": record.dashboard or NO_DASHBOARD,
            **_certificate(record),
            "log": record.log,
            "stop": "glowray down",
        }
    )
    if is_loopback(parse_address(record.address)[0]):
        out.print("[dim]Only this machine reaches it; for workers elsewhere: up --host ADDRESS[/]", soft_wrap=True)


def _certificate(record: NodeRecord) -> dict[str, str]:
    """Return the SHA-256 of the dashboard's certificate, as a row to print; nothing if the dashboard has no TLS.

    Browsers do not know the cluster's authority, so the user compares this number.
    """
    if not record.dashboard.startswith("https:"):
        return {}
    certificate = (record.certificates / tls.FILES["RAY_TLS_SERVER_CERT"]).read_text()
    return {"certificate": f"SHA-256 {tls.fingerprint(ssl.PEM_cert_to_DER_cert(certificate))}"}


def warn_of_clear_text() -> None:
    """Warn that others on the network can read the cluster's traffic."""
    errors.print(
        "[bold yellow]Warning:[/] the token, code and rows travel unencrypted between machines; add --tls",
        soft_wrap=True,
    )


def tell_wait(text: str) -> None:
    """Print what a command that prints nothing else is waiting for."""
    errors.print(f"[dim]{escape(text[0].upper() + text[1:])}[/]", soft_wrap=True)


def show_dashboard(url: str, token_file: Path | None, certificates: dict[str, str]) -> None:
    """Print the dashboard's URL, the token file and the certificate's SHA-256, which a browser will ask about."""
    out.print(url, soft_wrap=True)
    if token_file is not None:
        out.print(f"[dim]It asks for the token in[/] {token_file}", soft_wrap=True)
    parts = urlsplit(url)
    shown = parts.scheme == "https" and tls.server_certificate(str(parts.hostname), parts.port or 443, certificates)
    if shown:
        out.print(f"[dim]Its certificate has the SHA-256[/] {tls.fingerprint(shown)}", soft_wrap=True)
        out.print(f"[dim]and is signed by[/] {certificates['RAY_TLS_CA_CERT']}", soft_wrap=True)


def show_joined(record: NodeRecord) -> None:
    """Print which head a worker has joined."""
    out.print(f"[bold green]This machine works[/] for the head at {record.address}", soft_wrap=True)
    _pairs({"token file": record.token_file, "log": record.log, "stop": "glowray down"})


def show_stopped(found: list[NodeRecord], stale: set[str]) -> None:
    """Print the nodes that `down` ended. `stale` names those that had ended before."""
    if not found:
        out.print("Nothing was started here.")
    for record in found:
        what = "had ended already" if record.name in stale else "ended"
        out.print(f"The {record.kind} {'at' if record.kind == 'head' else 'of'} {record.address or '?'} {what}")


def show_here(found: list[NodeRecord]) -> None:
    """Print the nodes that were started on this machine, and the state of each."""
    for record in found:
        out.print(
            f"[bold]{record.kind}[/] {record.address or '?'} [dim]started here[/] {state_of(record)}", soft_wrap=True
        )


def tell_trouble(trouble: str) -> None:
    """Print what is wrong with the node in the foreground; an empty `trouble` means that the node works again."""
    errors.print(f"[yellow]Warning:[/] {trouble}" if trouble else "The node works again", soft_wrap=True)


def state_of(record: NodeRecord) -> str:
    """Return the state of a node that was started here, in words."""
    if not record.is_alive:
        return f"ended ({record.failure or 'killed'})"
    if record.trouble:
        return f"runs, but {record.trouble}"
    return "runs" if record.is_whole else "is damaged"


def show_native() -> None:
    """Print whether the glowray of this machine has its loops in C."""
    out.print(f"native: {native_name()}")


def native_name() -> str:
    """Return "compiled" if the glowray of this machine has its loops in C, else "portable"."""
    from glowray.native import chosen  # It imports NumPy, which no other command needs.

    return chosen.loops.name


def show_cluster(cluster: ClusterStatus) -> None:
    """Print a table of the cluster's nodes and their resources."""
    versions = cluster.versions
    dashboard = cluster.dashboard or NO_DASHBOARD
    out.print(f"[bold]cluster[/] {cluster.address}  [dim]dashboard[/] {dashboard}", soft_wrap=True)
    out.print(f"[dim]Python {versions.python}, Ray {versions.ray}, glowray {versions.glowray or '–'}[/]")
    print_table(nodes_table(cluster.nodes))


def role_of(node: NodeStatus) -> str:
    """Return "head" or "worker"."""
    return "head" if node.is_head else "worker"


def nodes_table(nodes: Sequence[NodeStatus]) -> Table:
    """Return a table of a cluster's nodes: what each is, how it is, and what of its resources is free.

    A narrow terminal leaves out columns of the middle.
    """
    states = [Cell("alive", "good") if node.is_alive else Cell("gone", "bad") for node in nodes]

    def texts(heading: str, text: Callable[[NodeStatus], str], is_right: bool = False) -> TableColumn:
        return texts_column(heading, map(text, nodes), is_right=is_right)

    return Table(
        [
            texts_column("node", (node.address for node in nodes), least=len("255.255.255.255")),
            texts("role", role_of),
            TableColumn("state", states),
            texts("host", lambda node: node.name),
            texts("labels", lambda node: " ".join(f"{name}={value}" for name, value in sorted(node.labels.items()))),
            texts("objects, GiB", lambda node: _share(node.free, node.total, "object_store_memory"), True),
            texts("memory, GiB", lambda node: _share(node.free, node.total, "memory"), True),
            texts("free CPUs", lambda node: f"{node.free.get('CPU', 0):g} of {node.total.get('CPU', 0):g}", True),
        ],
        is_framed=False,
    )


def _share(free: Mapping[str, float], total: Mapping[str, float], name: str) -> str:
    return f"{_gib(free.get(name, 0))} of {_gib(total.get(name, 0))}"


def _gib(amount: float) -> str:
    return f"{amount / 2**30:.1f}"


def _pairs(pairs: Mapping[str, str]) -> None:
    width = max(map(len, pairs))
    for name, value in pairs.items():
        out.print(f"  [dim]{name:<{width}}[/]  {value}", soft_wrap=True)
