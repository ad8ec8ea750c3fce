"""Lists of one length as the target: tags, amounts, points or classes, as they are or as chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.files import json_text
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.preview import preview

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

COUNT = 60
RANDOM = np.random.default_rng(6)
SIZES = RANDOM.normal(size=COUNT)
PAIRS = [[row % 6, (row + 1 + row % 5) % 6] for row in range(COUNT)]
MARKS = [[float(tag in row) for tag in range(6)] for row in PAIRS]
RATINGS = RANDOM.integers(1, 6, (COUNT, 3)).tolist()


def written(path: Path, form: str, **columns: Any) -> Path:
    columns = {"size": SIZES, "width": SIZES[::-1] * 2, **columns}
    file = path / f"a.{form}"
    if form == "parquet":
        parquet.write_table(pa.table(columns), file)
        return file

    names = list(columns)
    rows = zip(*(np.asarray(columns[name], object).tolist() for name in names), strict=True)
    lines = [json_text(dict(zip(names, row, strict=True))).replace("\n", "") for row in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def opened(path: Path, form: str = "parquet", **columns: Any) -> Dataset:
    settings = {key: columns.pop(key) for key in ("task", "target") if key in columns}
    return open_dataset(DataSettings(source=str(written(path, form, **columns)), **settings))


def notes(dataset: Dataset) -> str:
    return " ".join(dataset.description.notes)


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_numbers_of_tags_are_tags_where_their_name_says_so(tmp_path: Path, form: str) -> None:
    dataset = opened(tmp_path, form, labels=PAIRS)
    assert dataset.description.task == "multi-label"
    assert dataset.description.classes == tuple("012345")
    assert dataset.targets.tolist() == MARKS
    assert dataset.description.reading.inputs == ("size", "width")
    assert "Taken for tags; choose the task to decide" in notes(dataset)
    assert "a column for every place" not in notes(dataset)

    amounts = opened(tmp_path, form, labels=PAIRS, task="regression")
    assert amounts.targets.tolist() == PAIRS and "Taken for" not in notes(amounts)
    assert "a column for every place" in notes(amounts)


@pytest.mark.parametrize("target", ["found", None])
def test_numbers_without_a_telling_name_are_asked_about(tmp_path: Path, target: str | None) -> None:
    name = target or "y"
    with pytest.raises(UserError, match="the numbers of its tags, or amounts") as caught:
        opened(tmp_path, target=target, **{name: PAIRS})
    assert caught.value.setting == "data.task"
    for choice in ("'multi-label' for tags", "'regression' for amounts", f"'{name}[0]'"):
        assert choice in caught.value.remedy

    tags = opened(tmp_path, target=target, task="multi-label", **{name: PAIRS})
    assert tags.targets.tolist() == MARKS


def test_a_later_file_has_lists_of_any_length(tmp_path: Path) -> None:
    trained = opened(tmp_path, labels=PAIRS)
    later_lists = ([[5], [0, 1, 2, 3, 4], []] * 2, [[5, 0], [1, 2], [4, 3]] * 2)
    for lists in later_lists:
        later = tmp_path / "later.parquet"
        parquet.write_table(
            pa.table({"width": SIZES[:6], "size": SIZES[:6], "labels": lists}), later
        )
        dataset = open_dataset(DataSettings(source=str(later)), trained=trained.description)
        wanted = [[float(tag in row) for tag in range(6)] for row in lists]
        assert dataset.targets.tolist() == wanted


def test_minus_1_and_gaps_fill_up(tmp_path: Path) -> None:
    for filler in (-1, None):
        lists = [row if number % 3 else [row[0], filler] for number, row in enumerate(PAIRS)]
        dataset = opened(tmp_path, labels=lists)
        assert dataset.description.classes == tuple("012345") and len(dataset.targets) == COUNT
        assert dataset.targets[0].tolist() == [1, 0, 0, 0, 0, 0]


def test_numbers_that_come_twice_in_a_row_are_amounts_or_as_chosen(tmp_path: Path) -> None:
    dataset = opened(tmp_path, labels=RATINGS)
    assert dataset.description.task == "regression" and dataset.targets.tolist() == RATINGS
    assert "'labels' has 3 numbers in each row: amounts to predict" in notes(dataset)

    tags = opened(tmp_path, target="marks", marks=RATINGS, task="multi-label")
    assert tags.description.classes == ("1", "2", "3", "4", "5")
    with pytest.raises(UserError, match=r"predicts one column, but 3 are chosen: 'marks\[0\]'"):
        opened(tmp_path, target="marks", marks=RATINGS, task="classification")


def test_one_place_as_the_target_hides_the_others(tmp_path: Path) -> None:
    dataset = opened(tmp_path, target="marks[1]", marks=RATINGS)
    assert dataset.description.reading.inputs == ("size", "width")
    assert "another place of its list is predicted" in notes(dataset)


def test_lists_of_1_and_minus_1_are_tags_by_their_places(tmp_path: Path) -> None:
    signs = (RANDOM.integers(0, 2, (COUNT, 4)) * 2 - 1).tolist()
    dataset = opened(tmp_path, target="seen", seen=signs)
    assert dataset.description.task == "multi-label"
    assert dataset.targets.tolist() == [[float(sign > 0) for sign in row] for row in signs]


def test_points_are_positions(tmp_path: Path) -> None:
    points = RANDOM.random((COUNT, 3, 2)).tolist()
    dataset = opened(tmp_path, target="outline", outline=points)
    assert all(amount.is_position for amount in dataset.description.amounts)
    assert "3 points of 2 coordinates" in notes(dataset)


def test_fractions_are_no_tags_and_shares_are_offered(tmp_path: Path) -> None:
    shares = RANDOM.dirichlet(np.ones(3), COUNT).tolist()
    assert opened(tmp_path, labels=shares).description.task == "soft-labels"
    with pytest.raises(UserError, match=r"fractions, which are no tags\..*'soft-labels' for"):
        opened(tmp_path, labels=shares, task="multi-label")


def test_several_words_are_no_class(tmp_path: Path) -> None:
    words = [["red", "new"] if row % 2 else ["old", "red"] for row in range(COUNT)]
    with pytest.raises(UserError, match="60 of the lists in 'tags' hold several tags"):
        opened(tmp_path, tags=words, task="classification")
    assert opened(tmp_path, tags=words).description.classes == ("new", "old", "red")


def test_columns_of_words_are_tags_if_chosen(tmp_path: Path) -> None:
    columns = {"colour": ["red", "blue", ""] * 20, "state": ["new", "red", "old"] * 20}
    with pytest.raises(UserError, match=r"The 2 targets of .* hold words") as caught:
        opened(tmp_path, target=["colour", "state"], **columns)
    assert "'multi-label' for tags" in caught.value.remedy

    dataset = opened(tmp_path, target=["colour", "state"], task="multi-label", **columns)
    assert dataset.description.classes == ("blue", "new", "old", "red")
    assert dataset.targets[:3].tolist() == [[0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 1, 0]]


def test_a_list_is_offered_as_a_whole(tmp_path: Path) -> None:
    path = written(tmp_path, "parquet", marks=RATINGS)
    columns = {column.name: column for column in preview(path, DataSettings()).columns}
    assert columns["marks[2]"].list_name == "marks" and columns["size"].list_name == ""
