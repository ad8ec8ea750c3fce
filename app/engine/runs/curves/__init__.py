"""Curves of runs as they are drawn: thinned, smoothed, at any zoom, over any axis."""
