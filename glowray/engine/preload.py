"""All that most tasks need: a worker process of Ray imports it while it waits for its first task."""

from __future__ import annotations

import glowray.engine.ray
import glowray.io.text
import glowray.vectorize.arrow.text  # noqa: F401
