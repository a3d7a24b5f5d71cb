"""Functions as operations over whole columns, each guarded by the domain on which it is Python's own."""
