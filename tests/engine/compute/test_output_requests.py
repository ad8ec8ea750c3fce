"""Examples as a network reads them: those of the data set, and refusals in a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.compute.outputs.request import BESIDE, prepared, request_of
from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS, task
from tests.engine import tiny

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

CPU = torch.device("cpu")


@pytest.fixture
def pictures() -> Dataset:
    return tiny.dataset("classification", "image", trained=80)


def test_the_example_comes_first_and_others_of_its_split_follow(pictures: Dataset) -> None:
    request = request_of(pictures, "training", 70)
    rows = pictures.indices["training"]
    assert len(request.arrays[0]) == len(request.targets) == BESIDE + 1
    assert np.array_equal(request.arrays[0][0], pictures.inputs[rows[70]])
    known = {row.tobytes() for row in pictures.inputs[rows]}
    assert len({each.tobytes() for each in request.arrays[0]} & known) == BESIDE + 1


def test_a_small_split_is_taken_whole() -> None:
    dataset = tiny.dataset("classification", "row")
    request = request_of(dataset, "test", 2)
    assert len(request.targets) == len(dataset.indices["test"])


@pytest.mark.parametrize(("split", "place"), (("validation", 9), ("training", -1), ("other", 0)))
def test_an_example_that_there_is_not_is_refused(pictures: Dataset, split: str, place: int) -> None:
    with pytest.raises(UserError, match=rf"The {split} split has \d+ examples; there is no"):
        request_of(pictures, split, place)


PAIRS = sorted({(each.task, each.sort) for each in tiny.combinations()})


@pytest.mark.parametrize(("kind", "sort"), PAIRS)
def test_it_is_prepared_as_for_an_evaluation(kind: str, sort: str) -> None:
    dataset = tiny.dataset(kind, sort)
    description = dataset.description
    inputs = prepared(request_of(dataset, "validation", 0), description, TASKS[kind], CPU)
    parts = inputs if isinstance(inputs, tuple) else (inputs,)
    read = task(kind).problem(description, tiny.EMBEDDING).inputs
    assert [tuple(part.shape[1:]) for part in parts] == [each.shape for each in read]


def test_other_statistics_are_the_networks_own(pictures: Dataset) -> None:
    description = pictures.description
    scaled = replace(description.preparation, std=(0.5,))  # type: ignore[type-var]
    request = request_of(pictures, "training", 0)
    classification = TASKS["classification"]
    usual = prepared(request, description, classification, CPU)
    learned = prepared(request, replace(description, preparation=scaled), classification, CPU)
    assert isinstance(usual, torch.Tensor) and isinstance(learned, torch.Tensor)
    assert torch.allclose(usual, 2 * learned)


def test_an_example_of_other_data_is_refused(pictures: Dataset) -> None:
    request = request_of(pictures, "training", 0)
    others = tiny.dataset("classification", "row").description
    elsewhere = replace(pictures.description, source="elsewhere")
    for description in (others, elsewhere):
        with pytest.raises(UserError, match="other data than this network learned from"):
            prepared(request, description, TASKS["classification"], CPU)
