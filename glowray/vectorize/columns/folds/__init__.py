"""Reducers and accumulators recognised by their shape, and folds over columns by group."""
