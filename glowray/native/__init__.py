"""Loops over the bytes of texts that neither NumPy nor Arrow has. Import them as `chosen.loops`.

Code that knows rows, columns or plans does not belong here.
"""
