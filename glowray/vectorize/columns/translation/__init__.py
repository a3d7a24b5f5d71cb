"""The translation of a function's statements, calls and expressions into one column expression."""
