"""Columns of texts as offsets into bytes, their numbers and their words."""
