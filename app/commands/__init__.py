"""Commands with a file each: training here or detached, and the queue."""
