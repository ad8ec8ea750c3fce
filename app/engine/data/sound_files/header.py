"""What is known of a sound before it is read, and the error for a file that is none."""

from __future__ import annotations

from dataclasses import dataclass

RATES = (100, 1_000_000)
"""Hz, from the slowest logger of vibrations to twice what recorders of ultrasound reach.

A file that announces less would become billions of values at the rate of the others.
"""

LARGEST = 500_000_000
"""Bytes of a file above which it is not read."""

LOUDEST = 1e30
"""Floating-point samples beyond this are damage: full scale is 1."""

LEAST_SHARE = 0.95
"""Of a sound that announces how long it is: where less is there, it breaks off."""

SLIPS = 64
"""Bytes by which programs err that count a header in or leave it out."""

UNKNOWN_SIZE = 0x7F000000
"""Programs that do not know yet how long a recording becomes write 0, or a size from here on."""

REMARKS = {
    "size": (
        "sound has a wrong size in its header: it was read to the end of the file",
        "sounds have a wrong size in their headers: they were read to the end of the file",
    ),
    "end": (
        "sound has no end: it was read as far as it goes",
        "sounds have no end: they were read as far as they go",
    ),
}
"""What may be remarked on a sound, for one and for many."""


class UnreadableSound(Exception):
    """A file that cannot be used as a sound. `reason` continues the sentence "FILE: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class SoundHeader:
    """The header of a file of sound.

    rate: samples a second. frames: samples of a channel. remark: a key of REMARKS, or "".
    """

    channels: int
    rate: int
    frames: int
    remark: str = ""


def require_possible(channels: int, rate: int) -> None:
    """Raises UnreadableSound where there is no channel, or the rate is none of a recorder."""
    if not channels or not rate:
        raise UnreadableSound("it is damaged (no channels or no rate)")
    if not RATES[0] <= rate <= RATES[1]:
        raise UnreadableSound(
            f"it announces {rate:,} samples a second; {RATES[0]:,} to {RATES[1]:,} are read"
        )
