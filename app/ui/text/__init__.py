"""Sentences about data and runs as the window shows them."""
