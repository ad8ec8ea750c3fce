"""The view of the Training page into the network: an example on its way through its blocks."""
