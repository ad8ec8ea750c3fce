"""Inputs read and not settled yet: a file for each sort."""
