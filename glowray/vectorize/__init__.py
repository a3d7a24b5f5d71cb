"""Plain Python functions at full speed, with Python's exact meaning."""
