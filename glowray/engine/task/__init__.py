"""The protocol of engines, and a fragment as it travels to its tasks."""
