"""Near copies of training pictures in validation are told; what is merely alike is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.advice.near_copies import near_copies
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from tests.engine import tiny

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_dataset(DataSettings(source="sample:digits"))


def with_validation(dataset: Dataset, pictures: np.ndarray) -> Dataset:
    """Returns the data with other validation pictures in the first places."""
    inputs = dataset.inputs.copy()
    inputs[dataset.indices["validation"][: len(pictures)]] = pictures
    return replace(dataset, inputs=inputs)


def test_copies_that_differ_by_a_tone_are_told(digits: Dataset) -> None:
    assert near_copies(digits) is None

    copied = digits.inputs[digits.indices["training"][:40]]
    noise = np.random.default_rng(0).integers(0, 2, copied.shape, dtype=np.uint8)
    finding = near_copies(with_validation(digits, np.minimum(copied, 254) + noise))
    assert finding is not None
    assert (finding.key, finding.level) == ("leak", "warning")
    assert finding.text.startswith("Of 179 pictures kept aside, 40 (22.3 %) look the same")

    assert near_copies(with_validation(digits, copied[:4])) is None  # too few to speak of


def test_pictures_before_the_same_background_are_no_copies(digits: Dataset) -> None:
    """A fixed camera: what all pictures share is not compared."""
    background = np.random.default_rng(1).integers(0, 190, digits.inputs.shape[1:], dtype=np.uint8)
    assert near_copies(replace(digits, inputs=background + digits.inputs // 4)) is None


def test_only_single_pictures_are_compared() -> None:
    for task, sort in (("classification", "row"), ("matching", "image+text")):
        assert near_copies(tiny.dataset(task, sort)) is None


def test_pictures_of_one_tone_have_no_direction(digits: Dataset) -> None:
    assert near_copies(replace(digits, inputs=np.full_like(digits.inputs, 7))) is None
