"""Blocks that read a sequence token by token and remember: a file each."""
