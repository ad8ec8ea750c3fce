"""Variants of an experiment that train in turns."""
