"""What this window makes of a trained network: exports, and predictions of many examples."""
