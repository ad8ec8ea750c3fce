"""A convolution that begins by passing its input on."""

from __future__ import annotations

from torch import nn


class DiracConv2d(nn.Conv2d):
    """A convolution whose first filters begin by passing on a channel each.

    They are Dirac deltas, as in DiracNets (Zagoruyko & Komodakis 2017, arXiv:1706.00388).
    """
