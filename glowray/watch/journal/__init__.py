"""The journal of a running job: a file beside it, which outlives a killed driver, and the notice that `top` shows.

The action begins and ends a `Journal`. The commands `report` and `top` read what it wrote. Nothing here changes a job.
"""
