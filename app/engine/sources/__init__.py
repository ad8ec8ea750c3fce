"""Reads datasets: from a folder, a file or a built-in name to a Dataset.

A format is a file in `formats`.
"""
