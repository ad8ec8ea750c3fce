"""Templates of networks that compare the halves of a pair: a file each."""
