"""The network as a drawing of blocks."""
