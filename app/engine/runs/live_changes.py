"""What may be changed while a run trains, and how a change reaches what computes.

A change is "SECTION.FIELD" -> value, for settings declared with `live=True`, or
"learning_rate_factor" -> a factor of the schedule's learning rate. The run's progress holds all
that differs from the experiment, so every checkpoint does; metrics.jsonl holds when, so a run that
is resumed from before a change makes it again at the same step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.engine.experiment.toml_file import sentences
from models.spec import Setting, settings

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment

RATE_FACTOR = "learning_rate_factor"
LEAST_FACTOR = 1e-4
MOST_FACTOR = 1e4
PARTS = "training.accumulation"
"""Changed by the run itself where memory runs out: the same batch in more parts."""

SECTIONS = ("optimizer", "training", "loss")


@dataclass(frozen=True)
class Live:
    """A setting that may be changed now.

    name: "SECTION.FIELD". value: what holds without any change.
    """

    name: str
    setting: Setting
    value: Any


def live_settings(resolved: Experiment) -> list[Live]:
    """What may be changed while this (resolved) experiment trains, beside the learning rate's
    factor.
    """
    found = []
    for section in SECTIONS:
        chosen = getattr(resolved, section)
        task = resolved.data.task
        for one in settings(type(chosen)) if chosen is not None else ():
            if one.live and (not one.applies or task is None or task in one.applies):
                found.append(Live(f"{section}.{one.name}", one, getattr(chosen, one.name)))

    return found


def refusal(resolved: Experiment, name: str, value: float | None) -> str:
    """Why this cannot be changed to that, as a sentence; "" where it can."""
    if name == RATE_FACTOR:
        if value is None or not LEAST_FACTOR <= value <= MOST_FACTOR:
            return f"The factor of the learning rate must lie between {LEAST_FACTOR:g} and {MOST_FACTOR:,.0f}."
        return ""

    one = next((live for live in live_settings(resolved) if live.name == name), None)
    if one is None:
        return f"'{name}' cannot be changed while this run trains."

    try:
        changed(resolved, {name: value})
    except ValidationError as error:
        return sentences(error)[0].replace(f"'{one.setting.name}'", one.setting.label, 1)

    return ""


def changed(resolved: Experiment, values: dict[str, float | None]) -> Experiment:
    """The experiment with these changes; names that are no settings of it are passed over.

    Raises ValidationError.
    """
    for name, value in values.items():
        section, _, field = name.partition(".")
        chosen = getattr(resolved, section, None) if field else None
        if chosen is not None and field in type(chosen).model_fields:
            resolved = resolved.replace(**{section: chosen.replace(**{field: value})})

    return resolved


def in_words(resolved: Experiment, values: dict[str, float | None]) -> str:
    """ "weight decay 0.1, learning rate x 0.5", for a mark on a curve."""
    labels = {live.name: live.setting.label for live in live_settings(resolved)}
    predictions = []
    for name, value in values.items():
        if name == RATE_FACTOR:
            predictions.append(f"learning rate × {value:g}")
        elif name == PARTS:
            predictions.append(f"{value:,.0f} parts a batch")
        else:
            predictions.append(
                f"{labels.get(name, name)} {'–' if value is None else f'{value:g}'}".lower()
            )

    return ", ".join(predictions)
