"""How well the training examples of a run fitted their labels, epoch by epoch."""
