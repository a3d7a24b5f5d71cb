"""JSON: readers of lines and of arrays, and the sink of lines."""
