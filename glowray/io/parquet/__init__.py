"""Parquet: reader, sink, one schema."""
