"""Curves of a run, and curves over a setting."""
