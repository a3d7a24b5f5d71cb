"""The row operators: one class a verb of one row, which owns all that planning and compiling have to know of it.

An operator says what it is like: `RowStep` in `kernels/base/steps.py` lists the traits. It writes itself down as
statements of a generated loop (`emit`) and as an operation over columns (`columns`). Nothing else in the package knows
one operator from another: a new row verb is a method in `dataset/verbs/` and a file here. Code for whole partitions
does not go in here.
"""
