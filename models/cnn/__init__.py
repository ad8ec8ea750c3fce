"""Templates of convolutional networks: a file each."""
