"""A dataset: examples read once into arrays, divided into splits, with a description that travels with the weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from app.engine.data.preparation import Preparation

SPLITS = ("training", "validation", "test")


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, in a person's words. `ignored`: junk that nobody would miss."""

    path: str
    reason: str
    ignored: bool = False


@dataclass(frozen=True)
class Description:
    """What a dataset holds, without the examples. It is written to dataset.json and kept beside the weights.

    shape: (C, H, W) as the network sees one example. classes: names in the order of the network's answers.
    counts: per split, examples per class. fingerprint: of the examples and how they were prepared and divided.
    notes: what a person should know, one sentence each ("3 animated pictures: first frame used").
    """

    source: str
    format: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    fingerprint: str
    preparation: Preparation
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    mirror_safe: bool = True
    split_reason: str = ""

    @property
    def total(self) -> int:
        return sum(sum(counts) for counts in self.counts.values())

    def size(self, split: str) -> int:
        return sum(self.counts.get(split, ()))

    def to_plain(self) -> dict[str, Any]:
        return asdict(self) | {"preparation": self.preparation.to_plain()}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Description:
        values = dict(data)
        values["shape"] = tuple(values["shape"])
        values["classes"] = tuple(values["classes"])
        values["counts"] = {split: tuple(counts) for split, counts in values["counts"].items()}
        values["preparation"] = Preparation.from_plain(values["preparation"])
        values["skipped"] = tuple(Skipped(**item) for item in values["skipped"])
        values["notes"] = tuple(values["notes"])
        return cls(**values)


@dataclass(frozen=True, eq=False)  # two are the same only if they are one: arrays do not compare to a yes or no
class Dataset:
    """The examples. Arrays are shared and read-only; they may be memory maps.

    inputs: (N, C, H, W) uint8. targets: (N,) int64 class numbers. indices: per split, the rows of its examples,
    ascending. names: where each example came from: a path, or "file.gz #123".
    """

    description: Description
    inputs: np.ndarray
    targets: np.ndarray
    indices: dict[str, np.ndarray]
    names: tuple[str, ...] | list[str] = field(repr=False, default=())

    def split(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Rows of a split, as (inputs, targets) copies: (n, C, H, W) uint8 and (n,) int64."""
        rows = self.indices[name]
        return self.inputs[rows], self.targets[rows]
