"""Inputs that are read and not fitted yet: a file for each kind of input."""
