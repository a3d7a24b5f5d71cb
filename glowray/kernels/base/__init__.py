"""The base of all kernels: steps, morsels, the task's state and keyed rows."""
