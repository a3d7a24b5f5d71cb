"""One interface over the local disk, object stores, web servers and fsspec's file systems.

Import `chosen` from `chosen.py` to find the file system of a path or URL, and the types from `interface.py`. Code that
knows a file format or a commit does not belong here.
"""
