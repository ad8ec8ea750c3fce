"""Searches for good settings: the one that is set up, and those that are under way or over."""
