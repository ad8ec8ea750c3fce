"""Blocks that end a network with its output: a file each."""
