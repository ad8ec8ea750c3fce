"""The curves of a comparison as they are drawn: over the chosen axis, smoothed, seeds as bands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.engine.runs.curves.pyramid import Pyramid
from app.engine.runs.curves.robust_range import Extent
from app.engine.runs.curves.thinning import finite, for_log, smoothed
from app.ui.pages.runs.compare.subjects import Compared, group_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from app.engine.runs.curves.run_curves import Axis, RunCurves

Quantity = Literal["validation", "figure", "training"]

GRID = 2000
"""Places at which the mean over seeds is taken, at most."""

UNKNOWN_ON = {
    "time": "how long it took",
    "examples": "how many examples it saw",
    "step": "how many steps it made",
    "epoch": "how many steps an epoch has",
}
"""What a run does not say that cannot be shown over an axis."""

UNITS = ((2.0 * 3600, 3600.0, "h"), (180.0, 60.0, "min"), (0.0, 1.0, "s"))
"""From so many seconds on, time is shown in units of so many seconds, with this name."""


@dataclass(frozen=True)
class Choice:
    """How curves are drawn. metric: the name of the figure. factor: of the smoothing, 0 to 0.99.

    bands: runs that differ by their seed alone are a mean with a band.
    """

    quantity: Quantity = "validation"
    axis: Axis = "epoch"
    metric: str = ""
    factor: float = 0.0
    bands: bool = True


@dataclass(frozen=True, eq=False)
class DrawnCurve:
    """One curve. members: the numbers of its runs, several where it is their mean.

    low, high: (n,) the mean less and more one standard deviation, None where it is one run.
    """

    name: str
    members: tuple[int, ...]
    pyramid: Pyramid
    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @cached_property
    def extent(self) -> Extent | None:
        """Where its values lie, with its band; None where there are none."""
        return Extent.of(self._values)

    @cached_property
    def log_extent(self) -> Extent | None:
        """The same of their logarithms (log10)."""
        return Extent.of(for_log(self._values))

    def measure(self) -> None:
        """Finds out where its values lie, which takes a moment."""
        _ = self.extent, self.log_extent

    @property
    def _values(self) -> np.ndarray:
        bands = [ends for ends in (self.low, self.high) if ends is not None]
        return np.concatenate([self.pyramid.y, *bands])

    @property
    def end(self) -> float:
        """Where it ends on the axis; NaN where it has no value."""
        known = np.flatnonzero(np.isfinite(self.pyramid.y))
        return float(self.pyramid.x[known[-1]]) if len(known) else float("nan")


@dataclass(frozen=True, eq=False)
class Drawing:
    """All curves with the name of their axis. remark: what is to be known of it, "" for nothing."""

    curves: tuple[DrawnCurve, ...]
    x_title: str
    remark: str = ""


def drawing_of(
    runs: Compared,
    choice: Choice,
    check: Callable[[], None],
    shown: Container[int] | None = None,
) -> Drawing:
    """Returns the curves of a comparison.

    check: called for each run; it may raise to give up. shown: the numbers of the runs that are
    drawn, None for all.
    """
    unit, title = _unit(runs, choice.axis)
    batches = [subject.curves.batch for subject in runs.subjects]
    curves: dict[int, DrawnCurve] = {}
    unknown = 0
    even = 0
    for number, subject in enumerate(runs.subjects):
        check()
        if shown is not None and number not in shown:
            continue

        found = _values(subject.curves, choice, max(batches, default=0))
        if found is None:
            unknown += 1
            continue

        even += choice.axis == "time" and not subject.curves.has_times
        x, y = found
        pyramid = Pyramid(x / unit, finite(y))
        curves[number] = DrawnCurve(runs.names[number], (number,), pyramid)

    found_curves = _banded(runs, curves) if choice.bands else list(curves.values())
    for curve in found_curves:
        curve.measure()  # here, not on the thread of the window

    return Drawing(tuple(found_curves), title, _remark(unknown, even, choice.axis))


def _values(
    curves: RunCurves, choice: Choice, largest_batch: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the places and values of a run; None where its places cannot be known.

    The same smoothing averages over as many examples in every run.
    """
    if choice.quantity != "training":
        places = curves.places(choice.axis, curves.epoch_steps)
        values = curves.validation
        if choice.quantity == "figure":
            values = curves.metrics.get(choice.metric, np.full(len(curves.epoch_steps), np.nan))

        return None if places is None else (places, values)

    places = curves.places(choice.axis, curves.steps)
    if places is None:
        return None
    if choice.factor <= 0:
        return places, curves.losses

    share = curves.batch / largest_batch if curves.batch and largest_batch else 1.0
    return places, smoothed(curves.losses, choice.factor**share)


def _unit(runs: Compared, axis: Axis) -> tuple[float, str]:
    """Returns what places are divided by, and the name of the axis with its unit."""
    if axis != "time":
        return 1.0, {"step": "step", "epoch": "epoch", "examples": "examples seen"}[axis]

    ends = [
        places[0]
        for subject in runs.subjects
        if (places := subject.curves.places("time", np.array([subject.curves.last_step])))
        is not None
    ]
    longest = max(ends, default=0.0)
    _, unit, name = next(each for each in UNITS if longest >= each[0])
    return unit, f"time ({name})"


def _remark(unknown: int, even: int, axis: Axis) -> str:
    """Returns what is to be known of the axis, in a sentence."""
    if unknown:
        runs = "1 run does" if unknown == 1 else f"{unknown} runs do"
        what = UNKNOWN_ON.get(axis, "")
        return f"{runs} not say {what} and cannot be shown on this axis."
    if even:
        runs = "1 run does" if even == 1 else f"{even} runs do"
        return f"{runs} not say when epochs ended; the whole time is spread evenly over the steps."

    return ""


# --- seeds


def _banded(runs: Compared, curves: dict[int, DrawnCurve]) -> list[DrawnCurve]:
    """Returns the curves with one for each group of runs that differ by their seed alone."""
    in_group = {
        number: group
        for group in runs.seeds
        for number in group
        if sum(each in curves for each in group) > 1
    }
    found: list[DrawnCurve] = []
    for number, curve in curves.items():
        group = in_group.get(number)
        if group is None:
            found.append(curve)
        elif number == next(each for each in group if each in curves):
            members = tuple(each for each in group if each in curves)
            mean = mean_of([curves[each] for each in members])
            found.append(replace(mean, name=group_name(runs, members), members=members))

    return found


def mean_of(curves: Sequence[DrawnCurve]) -> DrawnCurve:
    """Returns the mean of curves with a band of one standard deviation (of a sample, n - 1).

    It is taken where two of them have a value at least. Values of a curve between its points lie on
    the line between them; there are none behind its end.
    """
    longest = max(curves, key=lambda curve: len(curve.pyramid)).pyramid.x
    rows = np.unique(np.linspace(0, max(0, len(longest) - 1), GRID).astype(int))
    grid = longest[rows] if len(longest) else longest
    table = np.stack([_at(curve.pyramid, grid) for curve in curves])
    count = np.isfinite(table).sum(axis=0)
    several = count >= 2
    mean = np.full(len(grid), np.nan)
    spread = np.full(len(grid), np.nan)
    chosen = table[:, several]
    mean[several] = np.nanmean(chosen, axis=0)
    spread[several] = np.nanstd(chosen, axis=0, ddof=1)
    return DrawnCurve("", (), Pyramid(grid, mean), mean - spread, mean + spread)


def _at(pyramid: Pyramid, grid: np.ndarray) -> np.ndarray:
    """Returns the values of a curve at (n,) places: NaN beyond its ends."""
    known = np.isfinite(pyramid.y)
    if not known.any():
        return np.full(len(grid), np.nan)

    x, y = pyramid.x[known], pyramid.y[known]
    return np.asarray(np.interp(grid, x, y, left=np.nan, right=np.nan))
