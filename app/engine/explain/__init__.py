"""What an answer rests on: maps over an example, each with a test of whether it tells the truth."""
