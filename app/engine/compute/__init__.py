"""One batch at a time: devices, batches, forward and backward passes, evaluation.

It knows no run and writes no file.
"""
