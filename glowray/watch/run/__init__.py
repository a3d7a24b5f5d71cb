"""A run as it happens: statistics, progress, prints."""
