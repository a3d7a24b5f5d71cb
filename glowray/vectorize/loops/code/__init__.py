"""Pieces of generated code: names, lines, types of expressions, and copies of a user's nodes."""
