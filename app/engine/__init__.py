"""Reads, trains, judges and predicts; works on a machine without a screen."""
