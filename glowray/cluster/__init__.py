"""Clusters: start, join, look at and stop them, connect to them, and run scripts on them.

The command line only calls this package. Every cluster needs a token, and no port is reachable from other machines
unless the user names an address for it. Code that knows flows or datasets does not belong here.

Import the names below from here. The folders import one way: `nodes` and `channels`, then `client`, `security`, `host`.
"""

from glowray.cluster.client.access import Access, find_access, named_address
from glowray.cluster.client.board import notices
from glowray.cluster.client.connect import Connection, connect, connection, disconnect
from glowray.cluster.client.jobs import run_job
from glowray.cluster.client.status import ClusterStatus, NodeStatus, status, status_of
from glowray.cluster.host.record import NodeRecord, head_here, records
from glowray.cluster.nodes.head import up
from glowray.cluster.nodes.launch import NodeResources
from glowray.cluster.nodes.stop import down, hold, stop
from glowray.cluster.nodes.worker import join
from glowray.cluster.security.token import find_token, read_token

__all__ = [
    "Access",
    "ClusterStatus",
    "Connection",
    "NodeRecord",
    "NodeResources",
    "NodeStatus",
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
    "notices",
    "read_token",
    "records",
    "run_job",
    "status",
    "status_of",
    "stop",
    "up",
]
