"""Resuming a job: which stages are saved, under which fingerprints, and which of their tasks need not run again.

`job.py` asks a `Restoring`. Fingerprints of functions are in `functions/fingerprints/`, files in `io/saved/`.
"""
