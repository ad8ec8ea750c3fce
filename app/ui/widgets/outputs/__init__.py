"""What comes out of the blocks of a network: an example, pictures of each block, and words."""
