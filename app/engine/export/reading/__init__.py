"""Reads networks of other programs as graphs of blocks with their weights. Nothing of them runs."""
