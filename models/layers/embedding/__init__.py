"""Blocks that turn pictures, signals, texts and table rows into vectors: a file each."""
