"""Blocks that set values to zero at random while training: a file each."""
