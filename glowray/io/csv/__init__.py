"""CSV: reader, sink, quoting, column types."""
