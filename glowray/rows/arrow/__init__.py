"""Helpers for Arrow and NumPy columns."""
