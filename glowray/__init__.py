"""glowray: MapReduce over plain Python rows, in one process, on all cores, or on a cluster of Ray.

>>> import glowray as gr
>>> gr.from_items(["to be", "or not to be"]).flat_map(str.split).count_by_value().to_dict()["be"]
2
"""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False
"""Type checkers take it for True. Importing it from typing would take longer than the rest of `import glowray`."""

__version__ = "0.1.0"

# Names are imported on first use, so that `import glowray` loads neither Arrow nor Ray. The three lists below must
# agree: the public names, the module of each, and (for type checkers) its import.
__all__ = [
    "ClusterError",
    "CommitConflict",
    "Dataset",
    "Flow",
    "GlowrayError",
    "Group",
    "KeyTypeError",
    "PythonRowsWarning",
    "WorkerLost",
    "broadcast",
    "connect",
    "counter",
    "disconnect",
    "from_arrow",
    "from_channel",
    "from_items",
    "from_pandas",
    "from_range",
    "from_ray",
    "from_source",
    "read_binary",
    "read_csv",
    "read_delta",
    "read_json",
    "read_kafka",
    "read_mongo",
    "read_parquet",
    "read_sql",
    "read_text",
    "register_key",
    "spread",
    "whole",
]

_HOMES = {
    "Flow": "glowray.flow",
    "Dataset": "glowray.dataset",
    "Group": "glowray.kernels.group.group",
    "spread": "glowray.functions",
    "whole": "glowray.functions",
    "register_key": "glowray.rows.keys",
    "broadcast": "glowray.kernels.base.shared_values",
    "counter": "glowray.kernels.base.shared_values",
    "connect": "glowray.cluster",
    "disconnect": "glowray.cluster",
    "GlowrayError": "glowray.errors",
    "KeyTypeError": "glowray.errors",
    "PythonRowsWarning": "glowray.errors",
    "CommitConflict": "glowray.errors",
    "ClusterError": "glowray.errors",
    "WorkerLost": "glowray.errors",
}

if TYPE_CHECKING:
    from typing import Any

    from glowray.cluster import connect, disconnect
    from glowray.dataset import Dataset
    from glowray.errors import ClusterError, CommitConflict, GlowrayError, KeyTypeError, PythonRowsWarning, WorkerLost
    from glowray.flow import Flow
    from glowray.flow.default import default_flow
    from glowray.functions.spread import spread, whole
    from glowray.kernels.base.shared_values import broadcast, counter
    from glowray.kernels.group.group import Group
    from glowray.rows.keys import register_key

    from_arrow = default_flow().from_arrow
    from_channel = default_flow().from_channel
    from_items = default_flow().from_items
    from_pandas = default_flow().from_pandas
    from_range = default_flow().from_range
    from_ray = default_flow().from_ray
    from_source = default_flow().from_source
    read_binary = default_flow().read_binary
    read_csv = default_flow().read_csv
    read_delta = default_flow().read_delta
    read_json = default_flow().read_json
    read_kafka = default_flow().read_kafka
    read_mongo = default_flow().read_mongo
    read_parquet = default_flow().read_parquet
    read_sql = default_flow().read_sql
    read_text = default_flow().read_text


def __getattr__(name: str) -> Any:
    from glowray.boundary import only_user_frames  # It needs inspect, which takes 10 ms to import.

    with only_user_frames():
        if name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        elif name in __all__:
            from glowray.flow.default import source

            value = source(name)
        else:
            raise AttributeError(f"module 'glowray' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)


if os.environ.get("GLOWRAY_RUN"):  # set by the command line for a script
    import_module("glowray.action.ctrl_c_message").show_in_one_line()
