"""The types of rows: Python's scalars that Arrow holds, shapes of columns, kinds of expressions, ways between them.

Codec, compiler and kernels import these modules. Nothing in here holds rows.
"""
