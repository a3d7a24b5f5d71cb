"""Rows to columns and back, without loss."""
