"""What may be chosen among the arrays of a source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArrayOffer:
    """An array that may be chosen: its name, and what it is like, such as "200 × 14"."""

    name: str
    form: str = ""


@dataclass(frozen=True)
class ArrayChoice:
    """A role of arrays: those that have it, why, and all that could.

    setting: the field of [data] that chooses. used: names; () where nothing could be read.
    """

    setting: str
    used: tuple[str, ...]
    reason: str
    offers: tuple[ArrayOffer, ...]
