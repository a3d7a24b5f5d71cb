"""`glowray up`: start a head on this machine."""

from __future__ import annotations

from glowray.cluster.host.home import alone
from glowray.cluster.host.ports import DEFAULT_DASHBOARD_PORT, DEFAULT_PORT, LOOPBACK, check_free, own_address, resolve
from glowray.cluster.host.record import NodeRecord, head_here
from glowray.cluster.nodes.launch import NodeResources, launch
from glowray.cluster.nodes.stop import clear_stale
from glowray.cluster.security.gateway import Gate
from glowray.cluster.security.token import own_token
from glowray.errors import ClusterError


def up(
    *,
    port: int = DEFAULT_PORT,
    host: str = "127.0.0.1",
    dashboard_host: str = "127.0.0.1",
    dashboard_port: int = DEFAULT_DASHBOARD_PORT,
    resources: NodeResources | None = None,
    tls: bool = False,
    light: bool = False,
    foreground: bool = False,
) -> NodeRecord:
    """Start a head that requires a token on every port; return its record.

    `host` is the address at which workers reach the head. With 127.0.0.1 every port of the node stays on this machine.
    A port of 0 is a free one. With `tls`, all traffic that leaves this machine is encrypted, and other machines reach
    the dashboard over https. With `light` there is no dashboard, and scripts cannot be sent by `glowray run`; the
    `dashboard_host` and `dashboard_port` do not count then. With `foreground` the head ends with this process.

    Raises ClusterError if a head of this GLOWRAY_HOME already runs, a port is taken, or Ray does not start.
    """
    address = own_address(host)
    dashboard_address = resolve(dashboard_host)
    with alone("up"):
        _check_none_runs()
        check_free(address, port, "the head", "--port")
        if light:
            dashboard_address, dashboard_port = LOOPBACK[0], 0  # Ray checks them, and binds no port
        check_free(dashboard_address, dashboard_port, "the dashboard", "--dashboard-port")
        gate = Gate.of(address, dashboard_address, dashboard_port) if tls else None
        if gate is not None and gate.dashboard_host is not None:
            dashboard_address, dashboard_port = LOOPBACK[0], 0  # the gateway listens on the requested port
        return launch(
            "head",
            address,
            own_token(),
            resources or NodeResources(),
            use_tls=tls,
            gate=gate,
            foreground=foreground,
            gcs_server_port=port,
            include_dashboard=not light,
            dashboard_host=dashboard_address,
            dashboard_port=dashboard_port,
        )


def _check_none_runs() -> None:
    running = head_here()
    if running is not None:
        where = f"at {running.address}" if running.address else "(it is still starting)"
        raise ClusterError(f"a head runs here already, {where}; stop it with: glowray down")
    clear_stale()
