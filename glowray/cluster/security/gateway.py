"""TLS in front of a head, for two services: the enrolment of other machines, and the dashboard, which speaks only HTTP.

The gateway is a thread of the head's supervisor and ends with it. The dashboard then listens on loopback only. The
gateway forwards each connection to it byte by byte, including web sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ipaddress
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from glowray.cluster.host.ports import is_loopback, join_address, parse_address
from glowray.cluster.security import tls
from glowray.cluster.security.authority import Authority, key_pem, new_key, signing_request
from glowray.cluster.security.enrolment import Enrolment

PIECE_BYTES = 1 << 16
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclasses.dataclass(frozen=True)
class Gate:
    """The addresses of a gateway: one for enrolment, on a free port of `host`, and one for the dashboard.

    Without a `dashboard_host` the dashboard stays on loopback and needs no gateway.
    """

    host: str
    dashboard_host: str | None = None
    dashboard_port: int = 0

    @classmethod
    def of(cls, host: str, dashboard_host: str, dashboard_port: int) -> Gate:
        """Return the gate of a head with its dashboard at this address."""
        return cls(host) if is_loopback(dashboard_host) else cls(host, dashboard_host, dashboard_port)


class Gateway:
    """An open gateway. It closes when its process ends."""

    def __init__(self, gate: Gate, folder: Path, token: str) -> None:
        """Listen, and write the head's own certificates into `folder`.

        Raises OSError if a port is taken, ClusterError if certificates cannot be made.
        """
        tls.check_possible(token)
        enrolments = _listen(gate.host, 0)
        authority, key = Authority(), new_key()
        reached = [host for host in (gate.host, gate.dashboard_host) if host and not _is_unspecified(host)]
        certificate = authority.certify(signing_request(key, reached), _address(enrolments))
        tls.write(folder, authority.pem, certificate, key_pem(key))
        self._context = _server_context(folder)
        self._target = ""
        self._services: list[tuple[socket.socket, Serve]] = [
            (enrolments, Enrolment(authority, token, certificate).serve)
        ]
        self.dashboard = ""
        """The https:// URL of the dashboard; "" if the dashboard stays on loopback."""
        if gate.dashboard_host is not None:
            dashboard = _listen(gate.dashboard_host, gate.dashboard_port)
            shown = gate.host if _is_unspecified(gate.dashboard_host) else gate.dashboard_host
            self.dashboard = f"https://{join_address(shown, dashboard.getsockname()[1])}"
            self._services.append((dashboard, self._carry))
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="glowray-gateway", daemon=True).start()

    def carry_to(self, dashboard: str) -> None:
        """Forward new connections to the dashboard at HOST:PORT. Earlier connections were closed at once."""
        self._target = dashboard

    async def _serve(self) -> None:
        for listener, serve in self._services:
            await asyncio.start_server(
                _closing(serve), sock=listener, ssl=self._context, ssl_handshake_timeout=tls.HANDSHAKE_SECONDS
            )
        await asyncio.Event().wait()  # never set: the gateway ends with its process

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._target:
            return
        there_reader, there_writer = await asyncio.open_connection(*parse_address(self._target))
        try:
            ways = [asyncio.create_task(_pump(reader, there_writer)), asyncio.create_task(_pump(there_reader, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)  # HTTP needs no half-open connections
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            there_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE_BYTES):
        writer.write(piece)
        await writer.drain()


def _closing(serve: Serve) -> Serve:
    """Return `serve` as a handler that ignores the other side's errors and closes the connection."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # Bytes from an unknown client must not reach the log, nor end the gateway.
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError, TimeoutError):
                await serve(reader, writer)
        finally:
            writer.close()

    return served


def _listen(host: str, port: int) -> socket.socket:
    if ":" in host:  # "::" accepts IPv4 too, as Ray's dashboard does
        both = socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=both)
    return socket.create_server((host, port))


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return join_address(host, port)


def _is_unspecified(host: str) -> bool:
    return ipaddress.ip_address(host).is_unspecified


def _server_context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = tls.settings(folder)
    context.load_cert_chain(files["RAY_TLS_SERVER_CERT"], files["RAY_TLS_SERVER_KEY"])
    return context
