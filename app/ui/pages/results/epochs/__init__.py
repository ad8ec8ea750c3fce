"""Looking back at the epochs of a run: a slider, and what was kept of the network then."""
