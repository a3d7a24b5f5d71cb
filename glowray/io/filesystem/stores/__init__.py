"""File systems that are reached over a network, each by the library that serves it best.

`chosen.py` finds the class for a URL, so no other module imports from here. The local disk does not belong here.
"""
