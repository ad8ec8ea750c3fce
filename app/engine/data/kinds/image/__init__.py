"""Pictures, grey or in colour."""

from __future__ import annotations

from app.engine.data.kinds.kind import Kind

KIND = Kind(
    name="image",
    singular="picture",
    plural="pictures",
    order=10,
    brought_to="size and colours",
    enters="What comes in: one example, prepared; channels of height × width.",
    prepared="One example, brought to one size, each channel to mean 0 and spread 1.",
    advice_title="Size",
    advice="Half the side is a quarter of the time and memory. If you can tell the pictures apart "
    "at this size, so can the network.",
    tile=(76, 76),
    side_by_side=6,
)
"""The declaration of this kind."""
