"""Targets of several columns, and the columns that are chosen as inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

COUNT = 60
RANDOM = np.random.default_rng(5)
NUMBERS = {f"x{number}": RANDOM.normal(size=COUNT) for number in range(3)}
CLASSES = np.arange(COUNT) % 3
ONE_HOT = {
    name: (number == CLASSES).astype(int) for number, name in enumerate(("ant", "bee", "fly"))
}
TAGS = {"ant": CLASSES == 0, "bee": CLASSES != 1, "fly": CLASSES == 2}


def opened(path: Path, columns: dict[str, Any], **settings: Any) -> Dataset:
    lines = [",".join(columns)]
    lines += [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    (path / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    return open_dataset(DataSettings(source=str(path / "table.csv"), **settings))


def notes(dataset: Dataset) -> str:
    return " ".join(dataset.description.notes)


def inputs_of(dataset: Dataset) -> tuple[str, ...]:
    return dataset.description.reading.inputs


@pytest.mark.parametrize("words", [("0", "1"), ("no", "yes"), ("False", "True")])
def test_one_yes_in_each_row_is_a_class(tmp_path: Path, words: tuple[str, str]) -> None:
    columns = {name: [words[value] for value in values] for name, values in ONE_HOT.items()}
    dataset = opened(tmp_path, {**NUMBERS, **columns}, target=["ant", "bee", "fly"])
    assert dataset.description.task == "classification"
    assert dataset.description.classes == ("ant", "bee", "fly")
    assert dataset.targets.tolist() == CLASSES.tolist()
    assert "one-hot" in notes(dataset)


def test_several_yes_in_a_row_are_tags(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {**NUMBERS, **TAGS}, target=["ant", "bee", "fly"])
    assert dataset.description.task == "multi-label"
    assert np.array_equal(dataset.targets, np.stack(list(TAGS.values()), axis=1))
    assert "up to 2 of them yes in a row: tags" in notes(dataset)

    with pytest.raises(UserError, match="60 rows have none or several"):
        opened(tmp_path, {**NUMBERS, **TAGS}, target=["ant", "bee", "fly"], task="classification")


def test_columns_that_add_up_to_1_are_soft_labels(tmp_path: Path) -> None:
    shares = RANDOM.dirichlet(np.ones(3), COUNT).round(4)
    shares[:, 2] = 1 - shares[:, 0] - shares[:, 1]
    columns = dict(zip(("clay", "silt", "sand"), shares.T, strict=True))
    dataset = opened(tmp_path, {**NUMBERS, **columns}, target=["clay", "silt", "sand"])
    assert dataset.description.task == "soft-labels"
    assert dataset.description.classes == ("clay", "silt", "sand")
    assert np.abs(dataset.targets - shares).max() < 1e-4
    assert "soft labels" in notes(dataset)

    with pytest.raises(UserError, match="they do not add up to 1"):
        opened(tmp_path, {**NUMBERS, **columns}, target=["clay", "silt"], task="soft-labels")


def test_one_hot_targets_may_be_tags(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"target": ["ant", "bee", "fly"], "task": "multi-label"}
    assert opened(tmp_path, {**NUMBERS, **ONE_HOT}, **settings).targets.shape == (COUNT, 3)


@pytest.mark.parametrize(
    "names",
    [("label_0", "label_1"), ("target 1", "target 2"), ("y1", "y2"), ("tags[0]", "tags[1]")],
)
def test_numbered_labels_are_one_target(tmp_path: Path, names: tuple[str, str]) -> None:
    columns = dict(zip(names, (CLASSES == 0, CLASSES != 1), strict=True))
    dataset = opened(tmp_path, {**columns, **NUMBERS})
    assert dataset.description.chosen["target"] == list(names)
    assert inputs_of(dataset) == tuple(NUMBERS)


def test_numbered_amounts_are_one_target(tmp_path: Path) -> None:
    columns = {"y_1": RANDOM.normal(size=COUNT), "y_2": RANDOM.normal(size=COUNT)}
    dataset = opened(tmp_path, {**NUMBERS, **columns})
    assert [item.name for item in dataset.description.amounts] == ["y_1", "y_2"]


def test_another_column_that_could_be_the_target_is_told(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {**NUMBERS, "outcome": CLASSES, "label": CLASSES})
    assert dataset.description.chosen["target"] == "label"
    assert "'outcome' is named like a target too" in notes(dataset)


def test_inputs_are_chosen_by_name(tmp_path: Path) -> None:
    columns = {"id": np.arange(COUNT), **NUMBERS, "label": CLASSES}
    dataset = opened(tmp_path, columns, inputs=["x2", "id"])
    assert inputs_of(dataset) == ("id", "x2")
    assert dataset.description.chosen["target"] == "label"
    assert "'x0' and 'x1' are not read" in notes(dataset) or "'x0', 'x1' are not read" in notes(
        dataset
    )

    one = opened(tmp_path, columns, inputs="x1", target="x0")
    assert inputs_of(one) == ("x1",) and one.description.task == "regression"


def test_an_unknown_input_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column 'x00'.*Did you mean 'x0'") as caught:
        opened(tmp_path, {**NUMBERS, "label": CLASSES}, inputs=["x00"])
    assert caught.value.setting == "data.inputs"


def test_a_network_is_tested_on_the_inputs_that_were_chosen(tmp_path: Path) -> None:
    columns = {**NUMBERS, "label": CLASSES}
    trained = opened(tmp_path, columns, inputs=["x2", "x0"])
    later = open_dataset(
        DataSettings(
            source=str(tmp_path / "table.csv"), inputs=["x2", "x0"], task="classification"
        ),
        trained=trained.description,
    )
    assert np.array_equal(later.inputs, trained.inputs)
