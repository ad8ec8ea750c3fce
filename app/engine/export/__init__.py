"""What leaves the program: a network as code, with its weights beside it."""
