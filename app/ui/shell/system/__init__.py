"""What the frame asks of the operating system: notices, staying awake, one window at a time."""
