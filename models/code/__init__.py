"""A network printed as plain PyTorch: its blocks as calls, its own classes by their source."""
