"""Templates of networks of linear layers: a file each."""
