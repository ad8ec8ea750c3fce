"""The dialog of a study: a training with several seeds, and without each of its parts."""
