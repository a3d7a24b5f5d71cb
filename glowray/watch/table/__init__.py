"""The one table that glowray shows: show(), notebooks, flow.stats and the command line all print it.

Import `table` for its parts, `rows_table` to make one of rows, `terminal` and `html` to show it. Code that
knows the subject of a table does not belong here.
"""
