"""Findings before and during a training, with the changes of settings that help."""
