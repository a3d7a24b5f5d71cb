"""Engines run tasks on blocks. They know nothing of verbs and plans."""
