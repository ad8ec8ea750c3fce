"""Plots of what the optimizer holds."""
