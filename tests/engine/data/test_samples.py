"""The built-in datasets: whole, deterministic, learnable."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.data.opening import open_dataset
from app.engine.data.samples import FASHION_FOLDER, SAMPLES, draw_shapes, load
from app.engine.data.settings import DataSettings

SIZES = {
    "digits": ((1, 8, 8), 10, {"training": 1439, "validation": 179, "test": 179}),
    "fashion": ((1, 28, 28), 10, {"training": 4500, "validation": 500, "test": 1000}),
    "shapes": ((3, 32, 32), 6, {"training": 960, "validation": 120, "test": 120}),
}
MIRROR_SAFE = {"digits": False, "fashion": True, "shapes": True}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_opens(name: str) -> None:
    dataset = open_dataset(DataSettings(source=SAMPLES[name].source))
    shape, classes, sizes = SIZES[name]
    description = dataset.description
    assert (description.shape, len(description.classes)) == (shape, classes)
    assert {split: description.size(split) for split in sizes} == sizes
    assert description.mirror_safe == MIRROR_SAFE[name]
    assert not description.skipped


def test_the_digits_are_scikit_learns() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    reference, ours = sklearn.load_digits(), load("digits")
    assert np.array_equal(ours.images, np.rint(reference.images * (255 / 16)))
    assert np.array_equal(ours.targets, reference.target)


def test_shapes_are_the_same_every_time_and_all_different() -> None:
    one, two = draw_shapes(each=5), draw_shapes(each=5)
    assert np.array_equal(one.images, two.images)
    assert len({image.tobytes() for image in one.images}) == 30


@pytest.mark.skipif(not FASHION_FOLDER.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_the_full_fashion_mnist_as_the_package_brings_it() -> None:
    description = open_dataset(DataSettings(source=str(FASHION_FOLDER))).description
    assert [description.size(split) for split in ("training", "validation", "test")] == [57_000, 3_000, 10_000]
    assert set(description.counts["validation"]) == {300}
    assert description.classes == load("fashion").classes
    assert description.mirror_safe
