"""The definition of a function: its syntax tree, proven against its bytecode, and the values of its free names."""
