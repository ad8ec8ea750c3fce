"""Every data set begins with a template that fits, for a reason that a sentence gives.

Or it begins with an empty network, which is sound and can be trained.
"""

from __future__ import annotations

import pytest

from models.network import build_model
from models.repair.repairs import find_mistake
from models.shape import Answers, Input, Problem
from models.start_network import WHY, empty_graph, start_sentence, why_not_empty
from models.template import TEMPLATES, usual_template
from tests.models.networks import INPUTS, batch_of, problem_of

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


PAIR = Problem.of((INPUTS["a picture"], INPUTS["a text"]), 16, 1_000, "pair")

EVERY = [*(problem_of(example, answers) for example, answers in PROBLEMS), PAIR]


@pytest.mark.parametrize("problem", EVERY, ids=lambda each: f"{each.input}-{each.answers}")
def test_an_empty_network_is_sound_and_gives_what_is_asked_for(problem: Problem) -> None:
    assert why_not_empty(problem) == ""
    graph = empty_graph(problem)
    assert find_mistake(graph, problem) is None
    output = build_model(graph, problem, 0)(batch_of(problem, 3))
    assert output.shape == (3, *problem.output_shape)


def test_rows_without_amounts_are_not_restored() -> None:
    problem = problem_of(INPUTS["a row of categories"], "copy")
    assert "these rows have none" in why_not_empty(problem)
