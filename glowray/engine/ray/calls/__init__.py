"""Calls of workers: their options, how often they are tried, what their loss means, and how they are stopped."""
