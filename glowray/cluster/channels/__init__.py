"""Named channels, which carry rows from one process of a cluster to another, through an actor on the head's node."""
