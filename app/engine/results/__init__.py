"""What came of a training: figures, predictions, findings."""
