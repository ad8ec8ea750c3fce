"""From what a person has to what a network sees: a file for each sort of input."""
