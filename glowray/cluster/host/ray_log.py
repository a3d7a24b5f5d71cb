"""Keeps messages of Ray that do not concern the user out of a notebook."""

from __future__ import annotations

import logging


def leave_widgets_out() -> None:
    """Drop Ray's advice to install ipywidgets, which it gives when it is imported in a notebook. glowray needs none."""
    logging.getLogger("ray.widgets.util").setLevel(logging.WARNING)
