"""Exports of trained networks: the one under way, and what is known of those that were made."""
