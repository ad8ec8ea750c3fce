"""Several processes that train one run: the first has the run folder, the others follow it."""
