"""Engines, which run tasks on blocks: in this process, on Ray, or first here and then on Ray.

`choose.open_engine` returns an engine; `protocol` has the types of the seam. Engines know nothing of verbs and plans.
"""
