"""Matrices as colours."""
