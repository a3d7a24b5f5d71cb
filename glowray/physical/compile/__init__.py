"""The code of a stage's tasks: runs of row steps as column programs and generated loops."""
