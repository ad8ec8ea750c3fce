"""What came of a training: reports, predictions, generated text."""
