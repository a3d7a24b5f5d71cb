"""Files on disk: paths, splits, compression, encodings, lines, locked folders."""
