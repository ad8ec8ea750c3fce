"""The confusion matrix and what is said about it."""
