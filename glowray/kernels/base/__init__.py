"""What all kernels build on: steps, morsels, the task, keyed rows."""
