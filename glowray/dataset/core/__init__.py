"""What all verbs and actions of a dataset build on: its node and flow, options, and functions of field names."""
