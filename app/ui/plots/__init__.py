"""Curves, histograms and matrices, grouped by subject."""
