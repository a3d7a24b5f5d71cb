"""The objects of the user: looked at without running their code, pickled, copied."""
