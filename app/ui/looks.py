"""What was seen inside the optimizer of a run: the last look in full, and a bounded number of earlier ones."""

from __future__ import annotations

import numpy as np

from app.engine.training.events import InsideMeasured

COLUMNS, LAYERS = 600, 32
"""Looks that are kept at most, of so many layers; of more layers fewer."""
FEWEST = 120


class Looks:
    """`add` takes the looks of one run in order. Where there are too many, every second one is let go, and from then
    on every second, fourth ... one is kept, so that they stay evenly spread.

    steps: (T,) of the looks kept. seen: how many there were.
    """

    def __init__(self) -> None:
        self.latest: InsideMeasured | None = None
        self.first_norms: np.ndarray = np.empty(0)
        """(L,) norms at the first look."""
        self.seen = 0
        self.most = COLUMNS
        self._every, self._skipped = 1, 0
        self._steps: list[int] = []
        self._sizes: list[dict[str, np.ndarray]] = []
        self._histograms: list[dict[str, np.ndarray]] = []
        self._norms: list[np.ndarray] = []

    def add(self, look: InsideMeasured) -> None:
        if self.latest is not None and self.latest.layers != look.layers:
            self._begin()
        if self.latest is None:
            self.first_norms = look.norms
            self.most = max(FEWEST, min(COLUMNS, COLUMNS * LAYERS // max(1, len(look.layers))))
        self.latest = look
        self.seen += 1
        if self._skipped:
            self._skipped -= 1
            return
        self._keep(look)
        self._skipped = self._every - 1
        if len(self._steps) >= self.most and len(self._steps) % 2:  # an odd number: the last one stays
            for kept in self._all():
                del kept[1::2]
            self._every *= 2
            self._skipped = self._every - 1

    def _keep(self, look: InsideMeasured) -> None:
        self._steps.append(look.step)
        self._sizes.append({name: values.astype(np.float32) for name, values in look.sizes.items()})
        self._histograms.append({name: values.astype(np.uint16) for name, values in look.histograms.items()})
        self._norms.append(look.norms.astype(np.float32))

    def _begin(self) -> None:
        """Another network under the same record: nothing of before belongs to it."""
        self.latest, self._every, self._skipped = None, 1, 0
        for kept in self._all():
            kept.clear()

    def _all(self) -> tuple[list, ...]:
        return self._steps, self._sizes, self._histograms, self._norms

    def forget_after(self, step: int) -> None:
        """The run goes on from an earlier step."""
        kept = sum(one <= step for one in self._steps)
        for values in self._all():
            del values[kept:]
        if self.latest is not None and self.latest.step > step and not kept:
            self._begin()

    @property
    def layers(self) -> tuple[str, ...]:
        return self.latest.layers if self.latest is not None else ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """What this optimizer has, of some layers at least."""
        return tuple(self.latest.sizes) if self.latest is not None else ()

    @property
    def steps(self) -> np.ndarray:
        return np.array(self._steps, dtype=float)

    def sizes(self, quantity: str) -> np.ndarray:
        """(L, T) root mean squares; NaN where there is none. "ratio": step over weight."""
        if quantity == "ratio":
            weights = self.sizes("weight")
            return np.divide(self.sizes("step"), weights, out=np.full(weights.shape, np.nan), where=weights > 0)
        unknown = np.full(len(self.layers), np.nan, np.float32)
        columns = [one.get(quantity, unknown) for one in self._sizes]
        return np.stack(columns, axis=1).astype(float) if columns else np.empty((len(self.layers), 0))

    def histogram(self, quantity: str, layer: int) -> np.ndarray:
        """(BINS, T) shares of a layer's numbers; zero where there is none."""
        columns = [one[quantity][layer] for one in self._histograms if quantity in one]
        if not columns:
            return np.empty((0, 0))
        counts = np.stack(columns, axis=1).astype(float)
        return counts / np.maximum(counts.sum(axis=0), 1.0)

    def norms(self) -> np.ndarray:
        """(L, T) Euclidean norms of the weights."""
        return np.stack(self._norms, axis=1).astype(float) if self._norms else np.empty((len(self.layers), 0))
