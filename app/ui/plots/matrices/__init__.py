"""Matrices drawn as colours."""
