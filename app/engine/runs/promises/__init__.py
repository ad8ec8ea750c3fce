"""What is promised of a training before its start, and what came of it. No torch here."""
