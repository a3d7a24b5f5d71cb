"""Which rows share a key, and the fold of their values."""
