"""Delta tables: their data files as rows, and rows as data files. The deltalake library reads and writes the log."""
