"""Templates of linear layers: a file each."""
