"""JSON lines: reader and sink."""
