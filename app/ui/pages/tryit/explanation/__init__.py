"""What an answer rests on: a map over the example, and whether it tells the truth."""
