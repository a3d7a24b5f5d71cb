"""Imports what most tasks need. A Ray worker imports this module while it waits for its first task."""

from __future__ import annotations

import glowray.engine.ray.engine
import glowray.io.text.reader
import glowray.vectorize.columns.texts.text_methods  # noqa: F401
