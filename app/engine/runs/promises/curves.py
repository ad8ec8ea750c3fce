"""Curves of earlier trainings, and what can be promised by them.

Curves of the built-in data with the recipes of templates are in resources/curves.json, written by
`python -m tests.bench promise --record`. Curves of trainings that were finished on this computer
are kept beside the preferences, and the recorded ones stand beside them. A promise is made only of
a training with the very same settings, apart from seed, threads and device.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine import files, folders
from app.engine.experiment import toml_file
from app.engine.learning.metrics import METRICS
from app.engine.runs.promises.promise import Promise
from app.engine.runs.storage import shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.metrics_lines import EpochLine

RECORDED = Path(__file__).resolve().parents[4] / "resources" / "curves.json"
MOST_BYTES = 4 << 20

KEPT = 100
"""Curves of this computer that are kept: those of the latest trainings."""

MOST_ALIKE = 6
"""Trainings with the same settings whose figures are kept: the latest ones."""

FREE = {"": ("name", "netwright"), "training": ("seed", "threads", "cpu_use", "device")}
"""Settings, by section, that change neither what is learned nor when, apart from chance."""

STEADY = 0.25
"""The times at which trainings reach a promised figure lie within this share of their middle."""

CHANCE = 0.06
"""What is taken for chance of the rise of a single training, to both sides; of several their part.

One training tells nothing of how far others differ, and of several the best figure that all have
reached is still too good to come again.
"""

LEAST_TRAININGS = 2
"""Of a single training 78 % of the promises were kept, of two 83 %; four of five are to be."""

MOST_OF_IT = 0.75
"""A promised figure is at least so far from the first one of the curves to the last one."""

LEAST_SECONDS = 2.0
"""Nothing shorter is promised: what else a computer does then decides when it comes."""

VALUES = 40
"""Figures between the worst and the best that are tried, where they are no shares."""


@dataclass(frozen=True)
class Curve:
    """How the figure of some trainings alike went, epoch by epoch.

    figure: a name in METRICS, of the validation examples. values: a list of the epochs for each
    training; all trained on for as long. seconds: of work until the end of each epoch, the median
    of the trainings. step: seconds of one step on the computer where they were taken, 0 for this
    one.
    """

    figure: str
    values: tuple[tuple[float, ...], ...]
    seconds: tuple[float, ...]
    step: float = 0.0

    def promise(self, step: float = 0.0) -> Promise | None:
        """Returns what can be promised; None where the trainings do not agree on any figure.

        None also of too few trainings to say how far they differ.

        step: seconds of one step on this computer, where the curve is of another one.
        """
        if len(self.values) < LEAST_TRAININGS or (self.step and not step):
            return None

        scale = step / self.step if self.step else 1.0
        for value in self._figures():
            time = self._time_of(value)
            if time is not None:
                seconds = scale * time
                return Promise(self.figure, value, seconds) if seconds >= LEAST_SECONDS else None

        return None

    def _figures(self) -> list[float]:
        """Returns the figures that may be promised, the best first; none that say nothing."""
        metric = METRICS[self.figure]
        first, last = (
            float(np.median([values[place] for values in self.values])) for place in (0, -1)
        )
        least = first + MOST_OF_IT * (last - first)
        best = max if metric.better == "higher" else min
        # What a curve reached once and did not keep was luck.
        kept = best(float(np.median(values[-(-3 * len(values) // 4) :])) for values in self.values)
        if metric.improves(kept, least) or kept == least:
            low, high = sorted((least, kept))
        else:
            return []

        if metric.shown == "percent":
            found = [percent / 100 for percent in range(_percent(low) + 1, _percent(high) + 1)]
        else:
            found = sorted({float(f"{value:.2g}") for value in np.linspace(low, high, VALUES)})

        return found if metric.better == "lower" else found[::-1]

    def _time_of(self, value: float) -> float | None:
        """Returns after how many seconds a figure is reached, in the middle.

        None where not all reach it, also with the noise of their curves against them, or at times
        that differ too much.
        """
        sign = 1.0 if METRICS[self.figure].better == "higher" else -1.0
        times = []
        for values in self.values:
            curve = sign * np.array(values)
            rise = abs(curve[-1] - curve[0])
            noise = max(_noise(curve), CHANCE * rise / len(self.values))
            for limit in (sign * value - noise, sign * value + noise):
                reached = np.flatnonzero(curve >= limit)
                if not len(reached):
                    return None
                times.append(self.seconds[reached[0]])

        middle = (min(times) + max(times)) / 2
        return middle if max(times) - middle <= STEADY * middle else None


def _percent(share: float) -> int:
    """Returns the whole percents in a share: 100 * 0.29 is a little less than 29."""
    return math.floor(100 * share + 1e-9)


def _noise(curve: np.ndarray) -> float:
    """Returns how much a curve jumps from epoch to epoch where it hardly rises any more."""
    late = curve[len(curve) // 2 :]
    return float(np.median(np.abs(np.diff(late)))) / 2 if len(late) > 1 else 0.0


# --- which trainings are alike


def key_of(resolved: ResolvedExperiment, examples: int) -> str:
    """Returns a name for all that decides how a training goes. examples: it learns from so many."""
    plain = toml_file.to_plain(resolved)
    for section, names in FREE.items():
        part = plain[section] if section else plain
        for name in names:
            part.pop(name, None)

    text = files.json_key(plain | {"examples": examples})
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@functools.cache
def recorded() -> dict[str, Curve]:
    """Returns the curves of the built-in data, by key."""
    plain = json.loads(files.read_regular(RECORDED, MOST_BYTES))
    return {each["key"]: curve for each in plain["curves"] if (curve := _curve_of(each["curve"]))}


def known(key: str, device: str) -> Curve | None:
    """Returns the curve of a training on this computer, or a recorded one; None without one.

    device: "cpu", "cuda:0". Recorded curves are of a CPU, and tell nothing of the time elsewhere;
    how figures rise from epoch to epoch is about the same everywhere.
    """
    other, own = recorded().get(key), _learned(key, device)
    if own is not None:
        return _joined(other, own) if other is not None else own

    return other if device == "cpu" else None


def _learned(key: str, device: str) -> Curve | None:
    """Returns the curve that is kept of this computer; None without a sound one."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        plain = json.loads(files.read_regular(folder() / f"{key}.json", MOST_BYTES))
        return _curve_of(plain["curve"]) if plain["device"] == device else None

    return None


def _joined(earlier: Curve, latest: Curve) -> Curve:
    """Returns the latest curve with the figures of earlier trainings that were as long.

    Its times are those of the latest. A training that was done again with its seed counts once.
    """
    if (earlier.figure, len(earlier.seconds)) != (latest.figure, len(latest.seconds)):
        return latest

    others = [values for values in earlier.values if values not in latest.values]
    return replace(latest, values=(*others, *latest.values))


def _curve_of(plain: dict[str, Any]) -> Curve | None:
    """Returns the curve in plain data; None of anything else."""
    curve = shape.typed(plain, Curve)
    if curve is None or curve.figure not in METRICS or not curve.values or not curve.seconds:
        return None

    sound = all(len(each) == len(curve.seconds) for each in curve.values)
    return curve if sound else None


# --- those of this computer


def folder() -> Path:
    """Returns the folder of the curves of this computer: a JSON file for each."""
    return folders.config() / "curves"


def curve_of(figure: str, epochs: Sequence[EpochLine]) -> Curve | None:
    """Returns the curve of one training; None where a figure or a time of it is not known."""
    values = [epoch["metrics"].get(figure) for epoch in epochs]
    seconds = [epoch.get("elapsed") for epoch in epochs]
    known_values = tuple(value for value in values if value is not None)
    known_seconds = tuple(each for each in seconds if each is not None)
    if not epochs or len(known_values) < len(values) or len(known_seconds) < len(seconds):
        return None

    return Curve(figure, (known_values,), known_seconds)


def learn(key: str, device: str, curve: Curve) -> None:
    """Keeps the curve of a training on this computer, with the figures of earlier ones.

    A folder that cannot be written to is no reason to end a training, and a file that was cut off
    is as none.
    """
    earlier = _learned(key, device)
    if earlier is not None:
        curve = _joined(earlier, curve)
        curve = replace(curve, values=curve.values[-MOST_ALIKE:])

    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        plain = {"device": device, "curve": asdict(curve)}
        (folder() / f"{key}.json").write_bytes(files.json_bytes(plain))
        _forget(sorted(folder().glob("*.json"), key=lambda path: path.stat().st_mtime_ns))


def _forget(oldest_first: Iterable[Path]) -> None:
    for path in [*oldest_first][:-KEPT]:
        path.unlink(missing_ok=True)
