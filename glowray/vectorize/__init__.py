"""The compiler: it turns users' functions into generated loops and column programs with Python's exact meaning.

`know` proves that a syntax tree is a function's own. `chain` writes one loop for several row steps. `columns`
translates functions into programs over columns. Code that knows plans, tasks or engines does not belong here.
"""
