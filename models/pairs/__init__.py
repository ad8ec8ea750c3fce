"""Templates that compare the halves of a pair: a file each."""
