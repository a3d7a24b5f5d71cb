"""Where a task's rows come from, and how they are cut up for the next stage."""
