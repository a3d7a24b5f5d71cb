"""Rows as Arrow tables for others: types, schemas, and the errors of columns that Arrow cannot hold."""
