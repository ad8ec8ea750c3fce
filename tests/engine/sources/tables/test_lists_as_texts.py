"""Lists that a program wrote into the cells of a text file, as tags."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.tables.written.tag_cells import listed_tags

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

TAGS = [[["red", "blue"], ["green"], [], ["blue"], ["green", "red"]][row % 5] for row in range(60)]
AS_NUMBERS = [[("blue", "green", "red").index(tag) for tag in tags] for tags in TAGS]


def write(path: Path, cells: list[str], name: str = "tags") -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["x", "size", name])
        rows = enumerate(cells)
        writer.writerows([row * 7 % 11 / 4, row % 13 / 2, cell] for row, cell in rows)

    return path


def opened(path: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **settings))


def expected() -> list[list[float]]:
    return [[float(tag in tags) for tag in ("blue", "green", "red")] for tags in TAGS]


STYLES = {
    "Python": str,
    "JSON": lambda tags: str(tags).replace("'", '"'),
    "bare": lambda tags: f"[{', '.join(tags)}]",
    "NumPy": lambda tags: str(np.array(tags, dtype=str)),
    "PostgreSQL": lambda tags: f"{{{','.join(tags)}}}",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["tags", "colours"])
def test_lists_of_words_are_tags(tmp_path: Path, style: str, name: str) -> None:
    path = write(tmp_path / "a.csv", list(map(STYLES[style], TAGS)), name)
    dataset = opened(path, target=name)
    assert dataset.description.task == "multi-label"
    assert dataset.description.classes == ("blue", "green", "red")
    assert dataset.targets.tolist() == expected()
    notes = " ".join(dataset.description.notes)
    assert f"The tags in '{name}' are lists, written as texts." in notes


def test_a_column_that_is_named_like_tags_is_found(tmp_path: Path) -> None:
    dataset = opened(write(tmp_path / "a.csv", list(map(str, TAGS))))
    assert dataset.description.reading.targets == ("tags",)
    assert dataset.targets.tolist() == expected()


def test_two_different_lists_are_no_two_classes(tmp_path: Path) -> None:
    cells = [("['red']", "['red', 'blue']")[row % 2] for row in range(40)]
    dataset = opened(write(tmp_path / "a.csv", cells), target="tags")
    assert dataset.description.classes == ("blue", "red")
    assert dataset.targets[:2].tolist() == [[0, 1], [1, 1]]


def test_a_later_file_may_be_written_otherwise(tmp_path: Path) -> None:
    trained = opened(write(tmp_path / "a.csv", list(map(str, TAGS)))).description
    for style in ("JSON", "bare"):
        later = write(tmp_path / f"{style}.csv", list(map(STYLES[style], TAGS[::-1])))
        source = DataSettings(source=str(later))
        dataset = open_dataset(source, trained=trained)
        assert dataset.targets.tolist() == expected()[::-1]


def test_whole_numbers_in_lists_are_tags(tmp_path: Path) -> None:
    dataset = opened(write(tmp_path / "a.csv", list(map(str, AS_NUMBERS))), target="tags")
    assert dataset.description.classes == ("0", "1", "2")
    assert dataset.targets.tolist() == expected()


def test_lists_of_nothing_but_0_and_1_are_a_tag_for_each_place(tmp_path: Path) -> None:
    cells = [str([int(tag in tags) for tag in ("blue", "green", "red")]) for tags in TAGS]
    dataset = opened(write(tmp_path / "a.csv", cells), target="tags")
    assert dataset.description.classes == ("tags[0]", "tags[1]", "tags[2]")
    assert dataset.targets.tolist() == expected()


def test_lists_of_amounts_are_no_classes(tmp_path: Path) -> None:
    cells = [f"[{row / 8}, {row / 4}]" for row in range(40)]
    path = write(tmp_path / "a.csv", cells, "box")
    with pytest.raises(UserError, match="'box' has lists of amounts, written as texts"):
        opened(path, target="box")


def test_pictures_with_lists_of_tags(tmp_path: Path) -> None:
    lines = ["file,tags"]
    for row, tags in enumerate(TAGS):
        values = np.random.default_rng(row).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(values).save(tmp_path / f"{row}.png")
        lines.append(f'{row}.png,"{tags}"')

    (tmp_path / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    dataset = opened(tmp_path / "metadata.csv")
    assert dataset.description.kind == "image" and dataset.description.task == "multi-label"
    assert dataset.targets.tolist() == expected()


@pytest.mark.parametrize(
    ("text", "tags"),
    (
        ("[]", []),
        ('["new york, ny", "a \\"b\\""]', ["new york, ny", 'a "b"']),
        ("['don\\'t', \"it's\"]", ["don't", "it's"]),
        ("['a', None, 'b']", ["a", "b"]),
        ("['a' 'b']", ["a", "b"]),
        ("['a',]", ["a"]),
        ("[1, 2.0, true]", ["1", "2", "True"]),
        ('{"a": 1}', None),
        ("[[1, 2], [3]]", None),
        ("[[" * 3_000, None),
        ("red; blue", None),
        ("(see below)", None),
        ("['open", None),
    ),
)
def test_one_cell(text: str, tags: list[str] | None) -> None:
    assert listed_tags(text) == tags
