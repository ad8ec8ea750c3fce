"""Blocks of filters that slide over pictures and sequences: a file each."""
