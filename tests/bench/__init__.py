"""Measurements, not tests: speed, memory, reached figures, and the proof that nothing changed."""
