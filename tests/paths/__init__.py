"""Whole ways through the window, from the first click to an answer, by events of an X server."""
