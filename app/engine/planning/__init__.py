"""Before a run: the memory it would need, what would fit, which learning rate suits it."""
