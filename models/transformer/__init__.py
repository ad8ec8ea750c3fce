"""Transformer templates: a file each."""
