"""Analyses of a function's syntax tree: scopes, effects on arguments, fields read, reasons against inlining."""
