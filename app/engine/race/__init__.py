"""Races: variants of an experiment that train side by side."""
