"""Blocks that reduce several positions to one: a file each."""
