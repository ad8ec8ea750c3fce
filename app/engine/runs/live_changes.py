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

from app.engine.experiment.changes import has_setting, with_changes
from app.engine.experiment.toml_file import sentences
from app.engine.text import number_text
from models.spec import Setting, settings

if TYPE_CHECKING:
    from app.engine.experiment.resolve import ResolvedExperiment

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


def live_settings(resolved: ResolvedExperiment) -> list[Live]:
    """What may be changed while this (resolved) experiment trains, beside the learning rate's
    factor.
    """
    found = []
    for section in SECTIONS:
        chosen = getattr(resolved, section)
        task = resolved.data.task
        for setting in settings(type(chosen)):
            if setting.live and (not setting.applies or task in setting.applies):
                name = setting.name
                found.append(Live(f"{section}.{name}", setting, getattr(chosen, name)))

    return found


def refusal(resolved: ResolvedExperiment, name: str, value: float | None) -> str:
    """Why this cannot be changed to that, as a sentence; "" where it can."""
    if name == RATE_FACTOR:
        if value is None or not LEAST_FACTOR <= value <= MOST_FACTOR:
            return f"The factor of the learning rate must lie between {number_text(LEAST_FACTOR)} and {number_text(MOST_FACTOR)}."
        return ""

    one = next((live for live in live_settings(resolved) if live.name == name), None)
    if one is None:
        return f"'{name}' cannot be changed while this run trains."

    try:
        changed(resolved, {name: value})
    except ValidationError as error:
        return sentences(error)[0].replace(f"'{one.setting.name}'", one.setting.label, 1)

    return ""


def changed(resolved: ResolvedExperiment, values: dict[str, float | None]) -> ResolvedExperiment:
    """Returns the experiment with these changes; names that are no settings of it are passed over.

    Raises ValidationError.
    """
    known = {name: value for name, value in values.items() if has_setting(resolved, name)}
    return with_changes(resolved, known)


def in_words(resolved: ResolvedExperiment | None, values: dict[str, float | None]) -> str:
    """Returns the changes for a mark on a curve: "weight decay 0.1, learning rate × 0.5"."""
    known = live_settings(resolved) if resolved is not None else []
    labels = {live.name: live.setting.label for live in known}
    texts = []
    for name, value in values.items():
        if name == RATE_FACTOR:
            texts.append(f"learning rate × {number_text(value)}")
        elif name == PARTS:
            texts.append(f"{number_text(value)} parts a batch")
        else:
            texts.append(f"{labels.get(name, name)} {number_text(value, 6)}".lower())

    return ", ".join(texts)
