"""Commands with a file each: runs in processes of their own, and the queue."""
