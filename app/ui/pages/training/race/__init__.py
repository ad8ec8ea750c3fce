"""The race in the window: setting it up, watching it, and what came of it."""
