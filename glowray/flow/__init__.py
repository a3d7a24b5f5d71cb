"""The start of a job: the Flow, its sources, and the default flow behind the module functions such as `gr.read_text`.

Import `Flow` from here. Verbs of a Dataset do not belong here.
"""

from __future__ import annotations

from glowray.flow.flow import Flow

__all__ = ["Flow"]
