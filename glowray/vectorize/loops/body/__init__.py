"""Bodies of users' functions rewritten as statements inside a generated loop."""
