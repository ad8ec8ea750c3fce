"""What a dataset is: arrays, splits, preparation and augmentation, as values."""
