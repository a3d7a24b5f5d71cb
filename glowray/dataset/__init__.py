"""The fluent side: the verbs and actions of a Dataset, one family in each file.

A method builds one plan node or composes other verbs; an action hands the plan to `glowray.action`.
Import `Dataset` from here. Code that computes rows does not belong here.
"""

from __future__ import annotations

from glowray.dataset.dataset import Dataset

__all__ = ["Dataset"]
