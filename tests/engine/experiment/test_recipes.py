"""The recipe of a template, as experiments get it."""

from __future__ import annotations

import pytest

import app.engine.learning.tasks as tasks
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from models.template import TEMPLATES, Template
from tests.problems import fitting


@pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)
def test_what_a_recipe_says_takes_hold(kind: type[Template]) -> None:
    """A recipe fills in only what a person may leave open; anything else in it would be ignored."""
    for name, problem in fitting(kind):
        template = kind().resolved(problem)
        resolved = resolve_for(Experiment(model=template), problem, tasks.task(name))
        for section, values in template.recommended(problem).items():
            chosen = getattr(resolved, section)
            known = {
                setting: value for setting, value in values.items() if hasattr(chosen, setting)
            }
            assert known == {setting: getattr(chosen, setting) for setting in known}, section
