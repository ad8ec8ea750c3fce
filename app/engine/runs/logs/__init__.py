"""Curves of training in files of other tools: written for them, and read to compare with runs."""
