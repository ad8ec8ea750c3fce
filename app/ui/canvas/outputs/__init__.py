"""Pictures of what comes out of blocks."""
