"""What OptimizerMeasured tells of an optimizer: its quantities, and the bins of its histograms."""

from __future__ import annotations

import numpy as np

QUANTITIES = ("gradient", "first_moment", "second_moment_root", "step", "weight")
"""What is measured of each layer, as far as the optimizer has it.

gradient: as the optimizer was given it, after clipping. first_moment, second_moment_root: as the
step uses them, so Adam's are corrected for their start at zero. step: what was taken from the
weight, its decay apart. weight: before the step.
"""

LOWEST = -10
"""log10 of the size at which the first bin begins."""

HIGHEST = 2
"""log10 of the size at which the last bin ends."""

PER_DECADE = 4
"""Bins of a factor of ten."""

BINS = (HIGHEST - LOWEST) * PER_DECADE

EDGES = np.linspace(LOWEST, HIGHEST, BINS + 1)
"""(BINS + 1,) log10 of a number's size.

The first bin also holds what is smaller and zeros, the last what is larger.
"""
