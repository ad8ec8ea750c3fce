"""Plots of a search: its trials on parallel axes, and the best so far."""
