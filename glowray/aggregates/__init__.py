"""Aggregates of a group's rows, such as `agg.mean("delay")`, and the functions that compute them.

`glowray.agg` and `glowray.dataset` import this folder. Code that knows a plan or a dataset does not belong here.
"""
