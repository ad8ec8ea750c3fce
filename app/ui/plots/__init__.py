"""Plots, one a file, grouped by what they draw."""
