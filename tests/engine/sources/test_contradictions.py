"""Equal examples with different labels are told, with their names."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Description
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.summary import problems

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

Maker = Callable[..., Path]


def open_data(source: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(source), **settings))


def contradiction(dataset: Dataset) -> str:
    return " ".join(
        problem["text"]
        for problem in problems(dataset.description)
        if "different labels" in problem["text"] and problem["level"] in ("problem", "warning")
    )


def test_the_same_picture_under_two_labels(folder: Maker) -> None:
    base = folder({"good": 10, "bad": 10})
    for number in range(4):
        shutil.copy(base / "good" / f"{number}.png", base / "bad" / f"copy {number}.png")

    dataset = open_data(base)
    text = contradiction(dataset)
    assert "8 pictures" in text
    assert "'bad/copy 0.png' is 'bad' and 'good/0.png' is 'good'" in text
    assert "and 1 more" in text

    kept = Description.from_plain(dataset.description.to_plain())
    assert kept.contradictions == dataset.description.contradictions


def test_copies_with_one_label_are_none(folder: Maker) -> None:
    base = folder({"good": 10, "bad": 10})
    shutil.copy(base / "good" / "0.png", base / "good" / "copy.png")
    assert not contradiction(open_data(base))


def test_the_same_text_under_two_labels(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(8):
            words = "both say this" if number == 3 else f"only {label} says {number}"
            (tmp_path / label / f"{number}.txt").write_text(words)

    text = contradiction(open_data(tmp_path))
    assert "2 texts" in text and "'a/3.txt' is 'a' and 'b/3.txt' is 'b'" in text


def test_the_same_sound_under_two_labels(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(8):
            with wave.open(str(tmp_path / label / f"{number}.wav"), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(random.integers(-9000, 9000, 300).astype("<i2").tobytes())

    shutil.copy(tmp_path / "a" / "5.wav", tmp_path / "b" / "5.wav")
    assert "'a/5.wav' is 'a' and 'b/5.wav' is 'b'" in contradiction(open_data(tmp_path))


def test_the_same_row_under_two_labels(tmp_path: Path) -> None:
    rows = [f"{n}.5,{n % 7},{'yes' if n % 2 else 'no'}" for n in range(30)]
    rows += ["3.5,3,no", "4.5,4,yes"]
    (tmp_path / "t.csv").write_text("\n".join(["x,w,answer", *rows]))
    text = contradiction(open_data(tmp_path / "t.csv"))
    assert "4 rows" in text and "is 'yes'" in text and "row 33" in text


def test_the_same_row_with_two_sets_of_tags(tmp_path: Path) -> None:
    rows = [f"{n}.5,{n % 7},{('red', 'red;blue', 'blue;green')[n % 3]}" for n in range(30)]
    rows += ["3.5,3,green"]
    (tmp_path / "t.csv").write_text("\n".join(["x,y,tags", *rows]))
    dataset = open_data(tmp_path / "t.csv", task="multi-label", target="tags")
    assert "is 'red' and" in contradiction(dataset)


def test_two_amounts_of_one_row_are_no_contradiction(tmp_path: Path) -> None:
    rows = [f"{n % 5},{n % 7},{n}.25" for n in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y,amount", *rows]))
    assert not contradiction(open_data(tmp_path / "t.csv", task="regression", target="amount"))
