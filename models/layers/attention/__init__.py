"""Blocks in which tokens attend to each other: a file each."""
