"""The window (Qt): shows what the engine says and asks it for more."""
