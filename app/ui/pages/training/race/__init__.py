"""The race on the Training page: setting it up, watching it, and what came of it."""
