"""Names of classes that stand for one thing, or may: they are one class, or it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources import summary
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Description


def described(path: Path, labels: list[str]) -> Description:
    lines = [f"{row * 1.5},{row % 7},{labels[row % len(labels)]}" for row in range(80)]
    (path / "a.csv").write_text("\n".join(["a,b,label", *lines, ""]), encoding="utf-8")
    return open_dataset(DataSettings(source=str(path / "a.csv"))).description


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["Ja", "Nein", "ja", "nein"], ("nein", "ja")),
        (["Oui", "non", "oui", "NON"], ("non", "oui")),
        (["yes", "No", "Yes", "no"], ("no", "yes")),
    ],
)
def test_yes_and_no_are_two_classes_however_written(
    tmp_path: Path, labels: list[str], classes: tuple[str, ...]
) -> None:
    description = described(tmp_path, labels)
    assert description.task == "binary-classification"
    assert tuple(name.lower() for name in description.classes) == classes


def test_single_letters_stay_apart(tmp_path: Path) -> None:
    assert described(tmp_path, ["s", "y", "n"]).classes == ("n", "s", "y")


def test_classes_that_differ_in_capital_letters_are_told(tmp_path: Path) -> None:
    description = described(tmp_path, ["Cat", "cat", "dog"])
    assert len(description.classes) == 3
    texts = [item["text"] for item in summary.problems(description) if item["level"] == "warning"]
    assert any(
        "'Cat' and 'cat' differ in capital letters or blanks alone" in text for text in texts
    )
