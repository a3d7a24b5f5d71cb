"""Loops over the bytes of texts, in C: those that neither NumPy nor Arrow has."""
