"""Rows in order: sorted, merged, the best n."""
