"""`python -m benchmarks`."""

from benchmarks.run import app

app(prog_name="python -m benchmarks")
