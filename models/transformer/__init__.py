"""Templates of transformers: a file each."""
