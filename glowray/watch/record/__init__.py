"""The memory of an action that has run: the event log, the record, and what explain(after=True) says of it."""
