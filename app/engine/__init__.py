"""Trains, judges, predicts; works on a machine without a screen."""
