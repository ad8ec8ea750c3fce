"""Named curves of another tool, told apart by their names and put in the columns of a history."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.runs.history import History
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.engine.runs.metrics_lines import EpochLine

    Settings = Mapping[tuple[str, str], int | float]

_WORD = re.compile(r"[a-z0-9]+")

OF_VALIDATION = frozenset(("val", "valid", "validation", "eval", "evaluation", "dev"))
OF_TEST = frozenset(("test", "testing"))
RATES = frozenset(("lr", "rate"))
NORMS = frozenset(("norm",))
EPOCHS = frozenset(("epoch", "epochs"))
TIMES = frozenset(("step", "steps", "time", "runtime", "second", "seconds", "samples"))


@dataclass(frozen=True)
class Curve:
    """Values at steps: (n,) int64, rising, and (n,) float64."""

    steps: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Curves:
    """The curves of a log by their names there. notes: sentences on what could not be read.

    steps_are_epochs: whether its steps are counted in epochs. settings: by section and name.
    """

    by_name: Mapping[str, Curve]
    notes: tuple[str, ...] = ()
    steps_are_epochs: bool = False
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """Which curve is which, "" where there is none. figures: the others on validation."""

    training_loss: str = ""
    epoch_loss: str = ""
    validation_loss: str = ""
    rate: str = ""
    norm: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)


def history_of(curves: Curves) -> tuple[History, Names]:
    """Returns the history that curves tell, and which of them became what.

    Every step at which something was judged counts as an epoch; the one with the lowest loss on
    validation is the best. Raises UserError where no curve is a loss.
    """
    names = names_of(curves.by_name)
    if not names.training_loss and not names.validation_loss:
        others = names_text(list(curves.by_name), 6) or "no curve at all"
        raise UserError(
            f"The log has no loss; it has {others}.",
            "Choose a log with a curve that is called loss.",
        )

    training = curves.by_name.get(names.training_loss or names.epoch_loss)
    steps = training.steps if training is not None else np.empty(0, np.int64)
    losses = training.values if training is not None else np.empty(0)
    rates = _at(curves.by_name.get(names.rate), steps)
    norms = _at(curves.by_name.get(names.norm), steps)
    return History(steps, losses, rates, norms, _epochs(curves, names)), names


def names_of(names: Iterable[str]) -> Names:
    """Tells curves apart by the words in their names, as usual tools write them.

    Of several training losses that of the steps is taken, and as the epoch's the one that says so.
    """
    training: list[str] = []
    validation: list[str] = []
    rates: list[str] = []
    norms: list[str] = []
    figures: dict[str, str] = {}
    for name in names:
        words = words_of(name)
        if words & OF_TEST:
            continue
        if words & RATES:
            rates.append(name)
        elif words & NORMS:
            norms.append(name)
        elif "loss" in words:
            (validation if words & OF_VALIDATION else training).append(name)
        elif words & OF_VALIDATION and not words & TIMES and words - OF_VALIDATION - EPOCHS:
            figures[_figure(name)] = name

    by_epoch = [name for name in training if "epoch" in words_of(name)]
    by_step = [name for name in training if name not in by_epoch]
    return Names(
        min(by_step or by_epoch, key=len, default=""),
        min(by_epoch, key=len, default=""),
        min(validation, key=len, default=""),
        min(rates, key=len, default=""),
        min(norms, key=len, default=""),
        figures,
    )


def words_of(name: str) -> set[str]:
    """Returns the words of a name: "train/valLoss_epoch" has train, val, loss and epoch."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return set(_WORD.findall(spaced.lower()))


def _figure(name: str) -> str:
    """Returns the name of a figure without the word for its split: "val_acc" is "acc"."""
    words = re.split(r"[/_\s.-]+", name)
    kept = [word for word in words if word.lower() not in OF_VALIDATION | EPOCHS]
    return "_".join(kept).lower() or name


def _at(curve: Curve | None, steps: np.ndarray) -> np.ndarray:
    """Returns the values of a curve at some steps, (n,), NaN where it has none."""
    values = np.full(len(steps), np.nan)
    if curve is None or not len(steps):
        return values

    places = np.searchsorted(steps, curve.steps)
    inside = places < len(steps)
    hit = np.zeros(len(places), bool)
    hit[inside] = steps[places[inside]] == curve.steps[inside]
    values[places[hit]] = curve.values[hit]
    return values


def _epochs(curves: Curves, names: Names) -> list[EpochLine]:
    by_name = curves.by_name
    judged = [by_name[name] for name in (names.validation_loss, *names.figures.values()) if name]
    if not judged:
        return []

    steps = np.unique(np.concatenate([curve.steps for curve in judged]))
    losses = _at(by_name.get(names.validation_loss), steps)
    training = _at(by_name.get(names.epoch_loss), steps)
    figures = {label: _at(by_name[name], steps) for label, name in names.figures.items()}

    lines: list[EpochLine] = []
    best = 0
    for index, step in enumerate(steps.tolist()):
        loss = _known(losses[index])
        lowest = lines[best - 1]["validation_loss"] if best else None
        is_best = loss is not None and (lowest is None or loss < lowest)
        best = index + 1 if is_best else best
        lines.append(
            {
                "epoch": index + 1,
                "step": int(step),
                "training_loss": _known(training[index]),
                "validation_loss": loss,
                "metrics": {label: _known(values[index]) for label, values in figures.items()},
                "best": is_best,
                "best_epoch": best,
                "since_best": index + 1 - best,
                "seconds": 0.0,
            }
        )

    return lines


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
