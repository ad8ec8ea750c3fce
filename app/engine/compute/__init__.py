"""One batch at a time: devices, batches, passes, evaluation; knows no run and writes no file."""
