"""Imports what most tasks need. A Ray worker imports this module while it waits for its first task."""

from __future__ import annotations

import glowray.engine.ray
import glowray.io.text
import glowray.vectorize.arrow.text  # noqa: F401
