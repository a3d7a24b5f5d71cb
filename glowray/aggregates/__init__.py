"""Aggregates of a group's rows: what `agg.mean("delay")` and the others are, and the functions that compute them.

`glowray.agg` and `glowray.dataset` import it. It knows no plan and no dataset.
"""
