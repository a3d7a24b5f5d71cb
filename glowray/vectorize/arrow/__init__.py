"""Column programs: users' functions as operations over whole columns.

Each operation has a guard: the rows on which it equals Python. All other rows go to the function itself.

    lambda x: 100 // x   over [1, 0, 3]   →   values [100, 100, 33], ok [True, False, True]

Python computes the row with 0, and raises its ZeroDivisionError there.
"""
