"""What may be changed while a run trains, and how a change is written.

A change is "SECTION.FIELD" -> value, for settings declared with `live=True`, or
"learning_rate_factor" -> a factor of the schedule's learning rate. The run's progress holds all
that differs from the experiment, so every checkpoint does; metrics.jsonl holds when, so a run that
is resumed from before a change makes it again at the same step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
class LiveSetting:
    """A setting that may be changed while a run trains.

    name: "SECTION.FIELD". value: what holds without any change.
    """

    name: str
    setting: Setting
    value: bool | float | None


def live_settings(resolved: ResolvedExperiment) -> list[LiveSetting]:
    """Returns what may be changed while this experiment trains, beside the learning rate's factor.

    resolved: with every setting filled in.
    """
    task = resolved.data.task
    found = []
    for section in SECTIONS:
        choice = getattr(resolved, section)
        for setting in settings(type(choice)):
            if setting.live and (not setting.applies or task in setting.applies):
                name = f"{section}.{setting.name}"
                found.append(LiveSetting(name, setting, getattr(choice, setting.name)))

    return found


def refusal(resolved: ResolvedExperiment, name: str, value: float | None) -> str:
    """Returns why this cannot be changed to that, as a sentence; "" where it can."""
    if name == RATE_FACTOR:
        if value is None or not LEAST_FACTOR <= value <= MOST_FACTOR:
            limits = f"{number_text(LEAST_FACTOR)} and {number_text(MOST_FACTOR)}"
            return f"The factor of the learning rate must lie between {limits}."
        return ""

    live = next((live for live in live_settings(resolved) if live.name == name), None)
    if live is None:
        return f"'{name}' cannot be changed while this run trains."

    try:
        with_live_changes(resolved, {name: value})
    except ValidationError as error:
        return sentences(error)[0].replace(f"'{live.setting.name}'", live.setting.label, 1)

    return ""


def with_live_changes(
    resolved: ResolvedExperiment, values: dict[str, float | None]
) -> ResolvedExperiment:
    """Returns the experiment with these changes; passes over names that are no settings of it.

    Raises ValidationError.
    """
    known = {name: value for name, value in values.items() if has_setting(resolved, name)}
    return with_changes(resolved, known)


def changes_in_words(resolved: ResolvedExperiment | None, values: dict[str, float | None]) -> str:
    """Returns changes as words for a mark on a curve: "weight decay 0.1, learning rate × 0.5"."""
    known = live_settings(resolved) if resolved is not None else []
    labels = {live.name: live.setting.label for live in known}
    words = []
    for name, value in values.items():
        if name == RATE_FACTOR:
            words.append(f"learning rate × {number_text(value)}")
        elif name == PARTS:
            words.append(f"{number_text(value)} parts a batch")
        else:
            words.append(f"{labels.get(name, name)} {number_text(value, 6)}".lower())

    return ", ".join(words)
