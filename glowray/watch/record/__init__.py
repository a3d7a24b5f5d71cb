"""What stays of an action after it has run: the event log, the record, and what explain(after=True) says of it."""
