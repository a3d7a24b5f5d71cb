"""The logical plan: the user's verbs as frozen nodes. Each node refers to the nodes that it reads."""
