"""Plots of how values are distributed."""
