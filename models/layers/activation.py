"""Activation functions that blocks apply to their output."""

from __future__ import annotations

from torch import nn

ACTIVATIONS = {"none": "None", "relu": "ReLU", "gelu": "GELU"}
"""The names on screen, by the values of a block's setting `activation`."""


def activation(kind: str, inplace: bool = False) -> nn.Module:
    """Returns ReLU (Nair & Hinton 2010), GELU (Hendrycks & Gimpel 2016), or for "none" identity."""
    if kind == "relu":
        return nn.ReLU(inplace=inplace)

    return nn.GELU() if kind == "gelu" else nn.Identity()


def with_activation(layer: nn.Module, kind: str) -> nn.Module:
    """Returns the layer followed by its activation; for "none" the layer alone.

    Names of weights depend on it: a layer followed by an activation is "0" of a Sequential.
    """
    return layer if kind == "none" else nn.Sequential(layer, activation(kind))
