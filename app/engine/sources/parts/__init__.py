"""Inputs that are read but not fitted yet: a file for each kind of input."""
