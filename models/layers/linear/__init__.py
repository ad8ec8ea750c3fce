"""Blocks in which every output is a weighted sum of all inputs: a file each."""
