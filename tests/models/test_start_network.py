"""Every data set begins with a template that fits, for a reason that a sentence gives."""

from __future__ import annotations

import pytest

from models.shape import Answers, Input, Problem
from models.start_network import WHY, start_sentence
from models.template import TEMPLATES, usual_template
from tests.models.networks import INPUTS, problem_of

FORMS: tuple[Answers, ...] = ("values", "tokens", "copy")

PROBLEMS = [
    (example, answers)
    for example in INPUTS.values()
    for answers in FORMS
    if any(not each.unfit(problem_of(example, answers)) for each in TEMPLATES.all())
]


@pytest.mark.parametrize(("example", "answers"), PROBLEMS)
def test_a_start_fits_and_has_its_reason(example: Input, answers: Answers) -> None:
    problem = problem_of(example, answers)
    template = usual_template(problem)
    assert template.unfit(problem) == "" and template.kind in WHY
    assert start_sentence(problem) == (
        f"A good start for such data is {template.label}: {WHY[template.kind]}."
    )


def test_pairs_begin_with_two_towers() -> None:
    problem = Problem.of((INPUTS["a picture"], INPUTS["a text"]), 16, 1_000, "pair")
    assert start_sentence(problem).startswith("A good start for such data is Two towers: each half")


def test_reasons_are_of_templates_that_there_are() -> None:
    assert set(WHY) == {template.kind for template in TEMPLATES.all()}
