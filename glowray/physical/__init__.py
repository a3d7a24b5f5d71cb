"""Plans cut into stages, stages into tasks, and the driver's loop over them."""
