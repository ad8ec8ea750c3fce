"""The disturbances: a file each, found by walking."""
