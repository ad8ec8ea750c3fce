"""A label that is no number or no text is no class: its example is left out, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.targets import is_number

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(5)
PICTURES = RANDOM.integers(0, 256, (40, 6, 6), np.uint8)
SIGNALS = RANDOM.normal(size=(40, 2, 32)).astype(np.float32)
CLASSES = np.arange(40) % 2


def open_labelled(path: Path, kind: str, labels: np.ndarray, task: str | None = None) -> Dataset:
    examples = {"images": PICTURES} if kind == "images" else {"signals": SIGNALS}
    np.savez(path / "a.npz", labels=labels, **examples)  # type: ignore[arg-type]
    return open_dataset(DataSettings(source=str(path / "a.npz"), task=task))


def left_out(dataset: Dataset) -> list[tuple[str, str]]:
    return [(item.path, item.reason) for item in dataset.description.skipped]


@pytest.mark.parametrize("kind", ["images", "signals"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_numbers_that_are_none_are_no_classes(tmp_path: Path, kind: str, dtype: type) -> None:
    labels = CLASSES.astype(dtype)
    labels[[3, 10, 20]] = np.nan, np.inf, -np.inf
    dataset = open_labelled(tmp_path, kind, labels)

    assert dataset.description.classes == ("0", "1")
    assert left_out(dataset) == [
        (f"{kind} #{row}", "its label is not a number") for row in (4, 11, 21)
    ]
    kept = [int(name.rpartition("#")[2]) - 1 for name in dataset.names]
    assert np.array_equal(dataset.targets, CLASSES[kept])


@pytest.mark.parametrize("kind", ["images", "signals"])
def test_a_class_beyond_64_bits_keeps_its_number(tmp_path: Path, kind: str) -> None:
    dataset = open_labelled(tmp_path, kind, np.where(CLASSES, 1e20, 7.0))
    assert dataset.description.classes == ("7", "100000000000000000000")


@pytest.mark.parametrize("kind", ["images", "signals"])
@pytest.mark.parametrize("dtype", ["U", "S"])
def test_an_empty_text_is_no_class(tmp_path: Path, kind: str, dtype: str) -> None:
    labels = np.array(["cat", "dog"] * 20, dtype)
    labels[[5, 6]] = "", "  "
    dataset = open_labelled(tmp_path, kind, labels)

    assert dataset.description.classes == ("cat", "dog")
    assert left_out(dataset) == [(f"{kind} #{row}", "it has no label") for row in (6, 7)]


def test_a_row_of_zeros_is_none_of_the_classes(tmp_path: Path) -> None:
    labels = np.eye(3)[np.arange(40) % 3]
    labels[0] = 0
    labels[1, 2] = np.nan
    dataset = open_labelled(tmp_path, "images", labels)

    assert left_out(dataset) == [
        ("images #1", "its label is none of the classes"),
        ("images #2", "its label is not a number"),
    ]
    assert dataset.description.classes == ("0", "1", "2")


def test_fractions_are_no_classes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a class is a whole number or a text, and 0\.5 is none"):
        open_labelled(tmp_path, "images", CLASSES + 0.5, "classification")


def test_amounts_that_are_none_are_left_out(tmp_path: Path) -> None:
    labels = RANDOM.normal(size=40)
    labels[[0, 1, 2]] = np.nan, np.inf, 1e300
    dataset = open_labelled(tmp_path, "signals", labels, "regression")

    assert [path for path, _ in left_out(dataset)] == ["signals #1", "signals #2", "signals #3"]
    assert len(dataset.targets) == 37 and np.isfinite(dataset.targets).all()


def test_no_label_at_all_is_told(tmp_path: Path) -> None:
    for kind in ("images", "signals"):
        with pytest.raises(UserError, match=r"a\.npz"):
            open_labelled(tmp_path, kind, np.full(40, np.nan))


@pytest.mark.parametrize("name", ["nan", "inf", "-inf", "Infinity", "1e999", "4e38", "cat"])
def test_names_that_python_takes_for_numbers_are_no_amounts(name: str) -> None:
    assert not is_number(name)
    assert is_number("-3,5")


def test_names_of_classes_with_odd_digits_are_names(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        images=PICTURES,
        labels=np.array(["²", "9" * 5_000] * 20),
        class_names=np.array(["no", "yes"]),
    )
    classes = open_dataset(DataSettings(source=str(tmp_path / "a.npz"))).description.classes
    assert set(classes) == {"²", "9" * 5_000}


def test_signals_too_large_for_32_bits_are_left_out(tmp_path: Path) -> None:
    signals = SIGNALS.astype(np.float64)
    signals[7, 1, 3] = 1e300
    np.savez(tmp_path / "a.npz", signals=signals, labels=CLASSES)
    dataset = open_dataset(DataSettings(source=str(tmp_path / "a.npz")))
    assert left_out(dataset) == [("signals #8", "it holds values that are not numbers")]
