"""Workloads, one a file: glowray in two variants and its peers, each program as short as its users write it."""
