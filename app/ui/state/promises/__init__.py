"""What the window promises of a training before its start."""
