"""The logical plan: what the user asked for, as frozen nodes that point to the nodes they read."""
