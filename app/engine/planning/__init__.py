"""Planning: what an experiment would need, what would fit, and which learning rate suits it."""
