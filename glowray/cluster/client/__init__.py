"""A client of a running cluster: how it finds, checks and asks the head, connects to it, and submits jobs.

Nothing here starts or ends a node.
"""
