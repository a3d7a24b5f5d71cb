"""The commit in a store that cannot rename: files have their final names at once, and one object makes them valid.

`glowray.io.commit.commit` uses the targets. docs/architecture/io.md has the table of steps.
"""
