"""Measurements, not tests: speed, memory, reached figures, and the proof that nothing changed."""

import app.engine  # noqa: F401 - before torch, which reads then how its threads wait
