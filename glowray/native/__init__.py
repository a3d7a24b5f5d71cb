"""Loops over the bytes of texts in C, for what neither NumPy nor Arrow offers.

Callers import `glowray.native.loops`, which has every loop by name. The C modules must not know the rest of glowray.
"""
