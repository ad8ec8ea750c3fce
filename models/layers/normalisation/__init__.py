"""Blocks that bring activations to mean 0 and spread 1: a file each."""
