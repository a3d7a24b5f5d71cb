"""Generated loops at work: their rows, and which step and row failed in them."""
