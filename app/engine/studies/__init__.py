"""Questions that take several runs: whether it is chance, and what each part brings."""
