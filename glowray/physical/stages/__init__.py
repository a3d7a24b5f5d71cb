"""Stages: what a job runs, as plans and as runs, and the wires between them."""
