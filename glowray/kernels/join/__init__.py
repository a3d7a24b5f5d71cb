"""Joins as products of row numbers."""
