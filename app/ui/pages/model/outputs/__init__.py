"""What comes out of every block: the choice of an example and of weights, and one block large."""
