"""The commit: all files of a job become visible, or none."""
