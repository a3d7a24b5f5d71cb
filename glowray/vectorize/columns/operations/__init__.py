"""Operations on columns of numbers, bools, None, tuples, records and lists."""
