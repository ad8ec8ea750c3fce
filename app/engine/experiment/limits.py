"""Upper limits that several settings, and options of the command line, share."""

LARGEST_SEED = 2**32 - 1
"""Every generator of random numbers takes it, and every field on screen shows it exactly."""

MOST_EPOCHS = 1_000_000

FEWEST_SEEDS = 2
MOST_SEEDS = 50
"""Seeds with which a training is repeated: from two on there is an interval."""
