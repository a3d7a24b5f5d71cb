"""HTML for notebooks: tables, folded plans, one live display of a running action, and errors.

Jupyter and VS Code (IPython's kernel) and marimo are looked for among the modules that are loaded; none is imported.
Anything that a terminal shows as well belongs to `watch/table`, `watch/plan` or `watch/run`.
"""
