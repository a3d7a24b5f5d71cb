"""glowray: MapReduce over plain Python rows, in one process, on all cores, or on a cluster of Ray.

>>> import glowray as gr
>>> gr.from_items(["to be", "or not to be"]).flat_map(str.split).count_by_value().to_dict()["be"]
2
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowray.cluster import connect, disconnect
    from glowray.dataset import Dataset
    from glowray.errors import ClusterError, CommitConflict, GlowrayError, KeyTypeError, WorkerLost
    from glowray.flow import Flow
    from glowray.functions import spread, whole
    from glowray.kernels.shared import broadcast, counter
    from glowray.rows.keys import register_key

__version__ = "0.1.0"

# Everything is imported when it is first asked for: `import glowray` loads neither Arrow nor Ray.
_HOMES = {
    "Flow": "glowray.flow",
    "Dataset": "glowray.dataset",
    "spread": "glowray.functions",
    "whole": "glowray.functions",
    "register_key": "glowray.rows.keys",
    "broadcast": "glowray.kernels.shared",
    "counter": "glowray.kernels.shared",
    "connect": "glowray.cluster",
    "disconnect": "glowray.cluster",
    "GlowrayError": "glowray.errors",
    "KeyTypeError": "glowray.errors",
    "CommitConflict": "glowray.errors",
    "ClusterError": "glowray.errors",
    "WorkerLost": "glowray.errors",
}
_SOURCES = (
    "read_text",
    "read_csv",
    "read_json",
    "read_parquet",
    "read_binary",
    "from_items",
    "from_range",
    "from_source",
    "from_channel",
    "from_arrow",
    "from_pandas",
)

__all__ = [*_HOMES, *_SOURCES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _SOURCES:
        from glowray.flow.default import source

        value = source(name)
    else:
        raise AttributeError(f"module 'glowray' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
