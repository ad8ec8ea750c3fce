"""A run as one readable script: data, preparation, network, loss, optimizer and the loop."""
