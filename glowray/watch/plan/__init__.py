"""The plan as text: verbs, stages, levels, captured values."""
