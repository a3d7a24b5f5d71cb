"""The nodes of a Ray cluster: how errors name them, whether they are alive, and which one ran a task."""
