"""Signals: values one after the other, in one or more channels."""

from __future__ import annotations

from app.engine.data.kinds.kind import Kind

KIND = Kind(
    name="signal",
    singular="signal",
    plural="signals",
    order=50,
    brought_to="length and scale",
    enters="What comes in: one signal, channels × values.",
    prepared="One signal, cut or filled to one length, each channel to mean 0 and spread 1.",
    advice_title="Signals",
    advice="Each channel is brought to mean 0 and spread 1 by the training signals alone.",
    tile=(152, 56),
    side_by_side=4,
)
"""The declaration of this kind."""
