"""Loops over the bytes of texts that neither NumPy nor Arrow has.

`chosen.loops` has them. Nothing here knows rows, columns or plans.
"""
