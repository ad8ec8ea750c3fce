"""The losses: a file each."""
