"""What the window knows of what happens inside a network."""
