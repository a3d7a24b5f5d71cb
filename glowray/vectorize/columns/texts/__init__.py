"""Operations on text columns, which work on the bytes of all rows."""
