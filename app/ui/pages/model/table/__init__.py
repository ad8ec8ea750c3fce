"""The blocks of the network as a table, for keyboards and screen readers."""
