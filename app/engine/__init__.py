"""Reads, trains, judges and predicts; works on a machine without a screen."""

import os

if "OMP_WAIT_POLICY" not in os.environ:
    # OpenMP reads it when torch is loaded. A thread that waits for others spins for 13 ms unless
    # told otherwise. Beside busy processes it spends its share of the processor so, and the others
    # wait for theirs: the first step of a training took five times as long. 0.2 ms bridge the gap
    # between two operations where the processor is free.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
