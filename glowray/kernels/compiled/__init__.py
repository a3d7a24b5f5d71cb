"""The compiled forms of a run of row steps: column programs with their fallback, and loops."""
