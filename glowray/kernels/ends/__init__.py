"""The two ends of a task: the source of its rows, and the exchange that splits them for the next stage."""
