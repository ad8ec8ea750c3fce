"""Figures, not tests: `python -m tests.bench`. Nothing here asserts a time."""
