"""Steps that see a whole partition."""
