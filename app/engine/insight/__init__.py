"""What happens inside a network that does not train: examples on their way through its blocks."""
