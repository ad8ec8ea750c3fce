"""Runs: their folder, events, history, checkpoints and the requests to them."""
