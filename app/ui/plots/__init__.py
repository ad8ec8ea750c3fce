"""Plots: a file each."""
