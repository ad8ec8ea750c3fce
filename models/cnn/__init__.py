"""Convolutional templates: a file each."""
