"""The comparison of any number of runs: what differs as a table, and their curves full width."""
