"""Blocks that only rearrange the numbers of their input: a file each."""
