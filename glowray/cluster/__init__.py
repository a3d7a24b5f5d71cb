"""Clusters: starting, joining, looking at and stopping them, and running scripts on them.

A library that the command line only calls. Every cluster asks for a token; nothing is reachable from other machines
unless an address of theirs is asked for.
"""

from glowray.cluster.access import Access, find_access, named_address
from glowray.cluster.connect import Connection, connect, connection, disconnect
from glowray.cluster.head import up
from glowray.cluster.jobs import run_job
from glowray.cluster.launch import Resources
from glowray.cluster.record import NodeRecord, head_here, records
from glowray.cluster.status import ClusterStatus, NodeStatus, status
from glowray.cluster.stop import down, hold, stop
from glowray.cluster.token import find_token, read_token
from glowray.cluster.worker import join

__all__ = [
    "Access",
    "ClusterStatus",
    "Connection",
    "NodeRecord",
    "NodeStatus",
    "Resources",
    "connect",
    "connection",
    "disconnect",
    "down",
    "find_access",
    "find_token",
    "head_here",
    "hold",
    "join",
    "named_address",
    "read_token",
    "records",
    "run_job",
    "status",
    "stop",
    "up",
]
