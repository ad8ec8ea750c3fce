"""Bundles: one .zip with a run, its model card and the licence of its data, for another computer.

bundle.json, the first file in it, lists all others with their SHA-256.
"""
