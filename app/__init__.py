"""Netwright: build and train neural networks by sight."""

__version__ = "0.2.0"
