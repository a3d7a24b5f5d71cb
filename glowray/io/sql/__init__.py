"""Queries of databases as sources, and tables of databases as targets.

A database is reached by a URI through ADBC (`database`, `postgres`, `sqlite`), or over a connection of Python's DB-API
(`dbapi`). Code that knows a plan or an engine does not belong here.
"""
