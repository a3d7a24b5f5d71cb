"""Column programs: users' functions as guarded operations over whole columns."""
