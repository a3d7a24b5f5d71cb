"""`python -m glowray` is the `glowray` command."""

from glowray_cli.main import app

app(prog_name="glowray")
