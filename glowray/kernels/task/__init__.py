"""A task: a fold over its operators, its output and its report."""
