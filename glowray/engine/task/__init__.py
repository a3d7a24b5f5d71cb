"""What every engine knows: the protocol, and a fragment as it travels to its tasks."""
