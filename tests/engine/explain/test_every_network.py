"""Every network that answers has a map, whatever it reads; the others say why they have none."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.explain.example import Example
from app.engine.explain.method import fitting
from app.engine.explain.parts import parts_of
from app.engine.explain.truth import check_truth
from app.engine.learning.tasks import TASKS
from tests.engine import tiny
from tests.engine.explain import networks

NETWORKS = list({combination[:3]: combination for combination in tiny.combinations()}.values())
WITHOUT_ANSWER = ("metric-learning", "reconstruction")


@pytest.mark.parametrize("combination", NETWORKS, ids=str)
def test_each_method_that_fits_gives_a_map_of_the_form_of_the_example(
    combination: tiny.Combination,
) -> None:
    predictor = networks.predictor(combination)
    stored = networks.stored(combination)
    if combination.task in WITHOUT_ANSWER:
        with pytest.raises(UserError, match="no single answer"):
            Example.of(predictor, stored)
        return

    example = Example.of(predictor, stored)
    for half, form in enumerate(predictor.description.preparation.inputs):
        found = fitting(example, half)
        assert found, "nothing explains it"
        for method in found:
            relevance = method.relevance(example, half)
            expected = form.shape[1:] if form.kind in ("image", "signal") else form.shape
            assert relevance.shape == expected, method.kind
            assert np.isfinite(relevance).all(), method.kind
            assert parts_of(example, half).of_map(relevance).shape == (
                parts_of(example, half).count,
            )


def test_all_tasks_but_those_without_an_answer_are_walked() -> None:
    assert {combination.task for combination in NETWORKS} == set(TASKS)


@pytest.mark.parametrize(
    ("task", "sort", "template"),
    [
        ("classification", "image", "cnn"),
        ("binary-classification", "row", "mlp"),
        ("regression", "signal", "cnn-1d"),
        ("multi-label", "text", "text-encoder"),
        ("matching", "image+text", "two-tower"),
    ],
)
def test_a_map_comes_with_its_truth(task: str, sort: str, template: str) -> None:
    combination = networks.combination(task, sort, template)
    example = Example.of(networks.predictor(combination), networks.stored(combination))
    method = fitting(example)[0]
    truth = check_truth(method, example, 0, method.relevance(example, 0))

    deletion = truth.deletion
    assert deletion.shares[0] == 0 and deletion.shares[-1] == 1
    assert deletion.curve[0] == pytest.approx(deletion.random_curve[0], abs=1e-6)
    assert deletion.curve[-1] == pytest.approx(deletion.random_curve[-1], abs=1e-6)
    assert 0 <= deletion.area <= 1 and 0 <= deletion.random_area <= 1
    assert -1 <= truth.random_weights <= 1
    assert truth.verdict.endswith(".")
