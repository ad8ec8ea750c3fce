"""Inside the network on Try it: the example in every block, and what if a part were missing."""
