"""`python -m glowray_cli` is the `glowray` command."""

from glowray_cli.main import app

app(prog_name="glowray")
