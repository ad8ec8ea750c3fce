"""The curves as a picture, whatever the main figure is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.results import curve_image
from app.engine.results.curve_image import write_curves
from app.engine.runs.history import History

if TYPE_CHECKING:
    from pathlib import Path


def history(metrics: list[dict[str, float]]) -> History:
    steps = np.arange(1, 10 * len(metrics) + 1)
    losses = np.linspace(2, 0.5, len(steps))
    epochs = [
        {
            "epoch": k + 1,
            "step": 10 * (k + 1),
            "training_loss": 1.0,
            "validation_loss": 1.1 - 0.1 * k,
            "metrics": m,
            "best": True,
        }
        for k, m in enumerate(metrics)
    ]

    return History(steps, losses, losses, losses, epochs)


@pytest.mark.parametrize(
    ("metrics", "title", "best"),
    [
        ([{"accuracy": 0.7, "macro_f1": 0.1}, {"accuracy": 0.93}], "Accuracy", "best: 93 %"),
        ([{"r2": -0.8}, {"r2": 0.41}, {"r2": 0.42}], "R²", "best: 0.42"),
        ([{"bits_per_byte": 4.1}, {"bits_per_byte": 2.3}], "Bits per byte", "best: 2.3"),
        ([{"something_new": 4000.0}], "Something_new", "best: 4,000"),
        ([{}], "Accuracy", ""),
    ],
)
def test_the_main_figure_of_any_task_is_drawn(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    metrics: list[dict[str, float]],
    title: str,
    best: str,
) -> None:
    predictions: list[str] = []
    text = curve_image.ImageDraw.ImageDraw.text
    monkeypatch.setattr(
        curve_image.ImageDraw.ImageDraw,
        "text",
        lambda self, at, words, *rest, **more: (
            predictions.append(words),
            text(self, at, words, *rest, **more),
        )[1],
    )

    with Image.open(write_curves(history(metrics), "a run", tmp_path / "curves.png")) as picture:
        assert picture.size == curve_image.SIZE

    assert title in predictions
    assert not best or best in predictions
    assert not any("picture" in words for words in predictions)
