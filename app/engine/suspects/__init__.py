"""Training examples whose labels look wrong, copies on both sides of a split, and outliers."""
