"""Keeps what was measured inside the optimizer of a run.

The last look is kept in full, of earlier ones a bounded number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from app.engine.runs.events import OptimizerMeasured

COLUMNS = 600
"""Looks that are kept at most, of a network of up to LAYERS layers; of more layers fewer."""

LAYERS = 32

FEWEST = 120
"""Looks that are kept of the largest network."""


class _Rows:
    """Arrays of one shape, one after another, in one that is allocated at once.

    Looks are drawn several times a second, so they are not put together anew each time.
    """

    def __init__(self, most: int, first: np.ndarray) -> None:
        self._all = np.zeros(
            (most, *first.shape), np.uint16 if first.dtype.kind in "iu" else np.float32
        )

    def put(self, index: int, values: np.ndarray | None) -> None:
        """Sets one row; None means that there is nothing."""
        self._all[index] = (
            values if values is not None else 0 if self._all.dtype.kind == "u" else np.nan
        )

    def halve(self, count: int) -> None:
        """Keeps every second one of the first `count`."""
        kept = self._all[:count:2].copy()
        self._all[: len(kept)] = kept

    def first(self, count: int) -> np.ndarray:
        return self._all[:count]


class OptimizerHistory:
    """Looks at the optimizer of one run; `add` takes them in order.

    Where there are too many, every second one is dropped, and from then on only every second,
    fourth ... one is kept, so that they stay evenly spread.

    steps: (T,) of the looks kept. seen: how many there were.
    """

    def __init__(self) -> None:
        self.latest: OptimizerMeasured | None = None
        self.first_norms: np.ndarray = np.empty(0)
        """(L,) norms at the first look."""
        self.seen = 0
        self.most = COLUMNS
        self._every = 1
        self._skipped = 0
        self._steps: list[int] = []
        self._sizes: dict[str, _Rows] = {}
        self._histograms: dict[str, _Rows] = {}
        self._norms: _Rows | None = None

    def add(self, look: OptimizerMeasured) -> None:
        if self.latest is not None and (self.latest.layers, set(self.latest.sizes)) != (
            look.layers,
            set(look.sizes),
        ):
            self._begin()

        if self.latest is None:
            self._begin()
            self.first_norms = look.norms
            self.most = (
                max(FEWEST, min(COLUMNS, COLUMNS * LAYERS // max(1, len(look.layers)))) // 2 * 2 + 1
            )
            self._sizes = {name: _Rows(self.most, values) for name, values in look.sizes.items()}
            self._histograms = {
                name: _Rows(self.most, values) for name, values in look.histograms.items()
            }
            self._norms = _Rows(self.most, look.norms)

        self.latest = look
        self.seen += 1

        if self._skipped:
            self._skipped -= 1
            return

        self._keep(look)
        if len(self._steps) >= self.most:  # an odd number, so that the last one stays
            for rows in self._all():
                rows.halve(len(self._steps))

            del self._steps[1::2]
            self._every *= 2

        self._skipped = self._every - 1

    def _keep(self, look: OptimizerMeasured) -> None:
        index = len(self._steps)
        self._steps.append(look.step)

        for name, rows in self._sizes.items():
            rows.put(index, look.sizes.get(name))

        for name, rows in self._histograms.items():
            rows.put(index, look.histograms.get(name))

        if self._norms is not None:
            self._norms.put(index, look.norms)

    def _begin(self) -> None:
        """Starts anew: another network or another optimizer is under the same record."""
        self.latest = None
        self._every = 1
        self._skipped = 0
        self._steps = []
        self._sizes = {}
        self._histograms = {}
        self._norms = None

    def _all(self) -> list[_Rows]:
        norms = [self._norms] if self._norms is not None else []
        return [*self._sizes.values(), *self._histograms.values(), *norms]

    def forget_after(self, step: int) -> None:
        """Drops the looks after a step from which the run goes on again."""
        self._steps = [known for known in self._steps if known <= step]
        if self.latest is not None and self.latest.step > step and not self._steps:
            self._begin()

    @property
    def layers(self) -> tuple[str, ...]:
        return self.latest.layers if self.latest is not None else ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """Returns what this optimizer has, of some layers at least."""
        return tuple(self.latest.sizes) if self.latest is not None else ()

    @property
    def steps(self) -> np.ndarray:
        return np.array(self._steps, dtype=float)

    def sizes(self, quantity: str) -> np.ndarray:
        """Returns (L, T) root mean squares, NaN where there are none.

        The quantity "ratio" is the size of the step over that of the weight.
        """
        if quantity == "ratio":
            weights = self.sizes("weight")
            ratios: np.ndarray = np.divide(
                self.sizes("step"), weights, out=np.full(weights.shape, np.nan), where=weights > 0
            )
            return ratios

        if quantity not in self._sizes:
            return np.full((len(self.layers), len(self._steps)), np.nan)

        return self._sizes[quantity].first(len(self._steps)).T.astype(float)

    def histogram(self, quantity: str, layer: int) -> np.ndarray:
        """Returns (BINS, T) shares of a layer's numbers, zero where there are none."""
        if quantity not in self._histograms or not self._steps:
            return np.empty((0, 0))

        counts: np.ndarray = (
            self._histograms[quantity].first(len(self._steps))[:, layer].T.astype(float)
        )
        shares: np.ndarray = counts / np.maximum(counts.sum(axis=0), 1.0)
        return shares

    def norms(self) -> np.ndarray:
        """Returns (L, T) Euclidean norms of the weights."""
        if self._norms is None:
            return np.empty((len(self.layers), 0))

        return self._norms.first(len(self._steps)).T.astype(float)
