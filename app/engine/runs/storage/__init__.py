"""How a run stands on the disk: its manifest, its lock, what it may write and remove."""
