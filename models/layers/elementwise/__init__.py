"""Blocks that change every number by itself: a file each."""
