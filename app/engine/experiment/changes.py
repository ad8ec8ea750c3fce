"""Changes of settings by "section.field", as remedies, the planner and a live run name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.experiment.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.dataset import Description

AnyExperiment = TypeVar("AnyExperiment", bound=Experiment)
"""What is changed: a resolved experiment stays a resolved one."""


def with_changes(
    experiment: AnyExperiment, changes: Mapping[str, Any], description: Description | None = None
) -> AnyExperiment:
    """Returns the experiment with settings changed, given by "section.field".

    "optimizer.kind" and the like take another choice, with all of its settings open. description:
    that of the data, which say what a section is that nobody chose yet; without it the section is
    the usual choice. Raises pydantic.ValidationError or UserError.
    """
    sections: dict[str, Any] = {}
    for key, value in changes.items():
        section, _, field = key.partition(".")
        choices = CHOICES.get(section)
        if choices is not None and field == choices.registry.key:
            sections[section] = choices.registry.get(value)()
            continue

        current = sections.get(section) or section_of(experiment, section, description)
        sections[section] = current.replace(**{field: value})

    return experiment.replace(**sections) if sections else experiment


def section_of(experiment: Experiment, section: str, description: Description | None = None) -> Any:
    """Returns a section as chosen, or with all settings open where it follows the data.

    Raises UserError where the experiment cannot be resolved for these data.
    """
    chosen = getattr(experiment, section)
    if chosen is not None:
        return chosen
    if description is None:
        return CHOICES[section].registry.get(CHOICES[section].default)()

    return type(getattr(resolve(experiment, description), section))()


def has_setting(experiment: Experiment, key: str) -> bool:
    """Returns whether "section.field" names a setting that the experiment has now."""
    section, _, field = key.partition(".")
    settings = getattr(experiment, section) if section in SECTIONS else None
    return settings is not None and field in type(settings).model_fields
