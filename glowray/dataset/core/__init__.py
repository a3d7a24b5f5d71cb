"""The base of all verbs and actions of a dataset: its node and flow, options, and functions of field names."""
