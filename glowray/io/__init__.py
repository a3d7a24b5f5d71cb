"""Where rows come from and where they go: readers, writers, and the commit."""

from __future__ import annotations

from glowray.io.reader import Reader
from glowray.io.text import TextReader, text_reader

__all__ = ["Reader", "TextReader", "text_reader"]
