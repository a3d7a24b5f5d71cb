"""The `glowray` command: typer commands and rich views over the library."""
