"""Groups of values, of any size."""
