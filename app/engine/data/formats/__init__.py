"""Dataset formats: a file each, found by walking this folder."""
