"""Benchmarks of glowray and its peers, on generated data. README.md says how to run them."""
