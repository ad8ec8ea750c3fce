"""Blocks that mark padding and hidden patches, and replace what is hidden: a file each."""
