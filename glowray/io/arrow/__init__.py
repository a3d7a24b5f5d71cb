"""Arrow tables and frames of other libraries as rows."""
