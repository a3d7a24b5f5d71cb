"""The fluent side: a Dataset's verbs, a family a file. They build nodes or compose other verbs; nothing runs here."""

from __future__ import annotations

from glowray.dataset.dataset import Dataset

__all__ = ["Dataset"]
