"""Pictures whose class a small coloured square decides: the map must have its maximum there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.dataset import SPLITS, Dataset, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.experiment.toml_file import from_plain
from app.engine.explain.example import Example
from app.engine.explain.method import methods
from app.engine.explain.parts import parts_of
from app.engine.explain.truth import check_truth
from app.engine.results.predictor import Predictor
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training.trainer import train

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 32
SQUARE = 7
COLOURS = np.array([[230, 30, 30], [30, 200, 30], [40, 60, 240]], np.uint8)
EXAMPLES = 420
TESTED = 40

FOUND = {"grad-cam": 0.9, "occlusion": 0.85}
"""The share of maps whose maximum is to lie on the square; windows are larger than it is."""


def planted() -> tuple[Dataset, np.ndarray]:
    """Returns grey noise with a coloured square in it, and the corner of each square (N, 2)."""
    generator = np.random.default_rng(5)
    labels = np.arange(EXAMPLES) % len(COLOURS)
    corners = generator.integers(0, SIDE - SQUARE + 1, (EXAMPLES, 2))
    grey = generator.integers(40, 200, (EXAMPLES, 1, SIDE, SIDE), dtype=np.uint8)
    pictures = np.repeat(grey, 3, axis=1)
    for picture, label, (top, left) in zip(pictures, labels, corners, strict=True):
        picture[:, top : top + SQUARE, left : left + SQUARE] = COLOURS[label][:, None, None]

    indices = dict(zip(SPLITS, np.split(np.arange(EXAMPLES), [300, 360]), strict=True))
    description = Description(
        source="planted",
        format="arrays",
        shape=(3, SIDE, SIDE),
        classes=("red", "green", "blue"),
        counts={name: tuple(np.bincount(labels[rows]).tolist()) for name, rows in indices.items()},
        fingerprint="planted",
        preparation=ImagePreparation(SIDE, SIDE, 3, "crop", (0.5,) * 3, (0.25,) * 3),
        sizes={name: len(rows) for name, rows in indices.items()},
    )
    names = [f"#{number}" for number in range(EXAMPLES)]
    return Dataset(description, pictures, labels, indices, names), corners


def trained(folder: Path, dataset: Dataset, model: dict[str, Any]) -> Predictor:
    experiment = from_plain(
        {
            "data": {"source": "planted"},
            "augmentation": {"flip": False, "shift": 0.0},
            "model": model,
            "optimizer": {"kind": "adamw", "learning_rate": 0.004},
            "training": {"epochs": 8, "batch_size": 20, "threads": 1, "device": "cpu", "seed": 1},
        }
    )
    run = Run.create(folder, experiment)
    assert train(experiment, run, lambda _: None, Control(), dataset).status == "completed"
    return Predictor.load(run)


@pytest.mark.parametrize("kind", ["grad-cam", pytest.param("occlusion", marks=pytest.mark.long)])
def test_the_square_is_found_and_the_answer_rests_on_it(tmp_path: Path, kind: str) -> None:
    dataset, corners = planted()
    predictor = trained(tmp_path, dataset, {"template": "cnn", "width": 12})
    method = methods()[kind]

    found = sooner = right = 0
    rows = dataset.indices["test"][:TESTED]
    for row in rows:
        example = Example.of(predictor, (dataset.arrays[0][row],))
        right += example.index == dataset.targets[row]
        relevance = method.relevance(example, 0)
        place = np.array(parts_of(example, 0).strongest(relevance))
        found += bool(((place >= corners[row]) & (place < corners[row] + SQUARE)).all())
        sooner += check_truth(method, example, 0, relevance).marks_what_matters

    assert right >= 0.95 * len(rows)
    assert found >= FOUND[kind] * len(rows)
    assert sooner >= 0.95 * len(rows)
