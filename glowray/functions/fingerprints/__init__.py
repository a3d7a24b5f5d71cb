"""Fingerprints of the user's functions and values: equal only if tasks would do the same with them.

`physical/resume/` uses `digest` to find out whether a saved result still holds. Nothing here knows plans or stages, and
nothing runs the user's code, except what pickling itself runs.
"""
