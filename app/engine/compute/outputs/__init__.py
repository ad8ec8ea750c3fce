"""What comes out of the blocks of a network, for one example: values, statistics, pictures."""
