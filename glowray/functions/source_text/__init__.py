"""The text of a function as the user wrote it. It is read from files and cells, and nothing of the user runs."""
