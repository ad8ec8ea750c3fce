"""Blocks that merge several inputs into one tensor: a file each."""
