"""Netwright: build and train neural networks by sight."""

__version__ = "0.3.0"
