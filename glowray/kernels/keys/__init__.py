"""The search for rows that share a key, and the fold of their values."""
