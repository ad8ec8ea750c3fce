"""Many examples answered by a trained network: read, answered and kept in batches."""
