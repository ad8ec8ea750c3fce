"""The names of classes in the README.md of a data set, as `datasets` 5.2 writes them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.saved.front_matter import features_in_readme
from tests.engine.sources.test_saved_datasets import png

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

COUNT = 30
CARD = """\
---
license: mit
tags:
- animals
dataset_info:
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names:
          '0': Persian cat
          '1': 'no'
          '2': great white shark, white shark, man-eater, man-eating shark, Carcharodon
            carcharias
  splits:
  - name: train
    num_bytes: 1204.5
    num_examples: 30
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
---
# Animals
"""


def written(base: Path, card: str, name: str = "train-00000-of-00001.parquet") -> Path:
    folder = base / "animals"
    (folder / "data").mkdir(parents=True)
    file = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = [{"bytes": png(number), "path": None} for number in range(COUNT)]
    labels = [number % 3 for number in range(COUNT)]
    table = pa.table({"image": pa.array(cells, file), "label": labels})
    parquet.write_table(table, folder / "data" / name)
    (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


def names_of(dataset: Dataset) -> list[str]:
    """Returns the first class of the first examples, in the order of the file."""
    classes = dataset.description.classes
    return [classes[number] for number in dataset.targets[:3].tolist()]


@pytest.mark.parametrize("inside", ["", "data/train-00000-of-00001.parquet"])
def test_classes_have_the_names_of_the_card(tmp_path: Path, inside: str) -> None:
    source = written(tmp_path, CARD) / inside
    names = names_of(open_dataset(DataSettings(source=str(source))))
    assert names[:2] == ["Persian cat", "no"]
    assert names[2].startswith("great white shark, ") and names[2].endswith(" carcharias")


@pytest.mark.parametrize(
    "label",
    [
        "{0: cat, 1: dog}",
        "&names\n          '0': cat",
        "|\n          cat\n          dog",
        "\n          '0': cat\n          '2': dog",
        "\n          '0': 'cat\n          '1': dog",
    ],
)
def test_what_is_written_otherwise_says_nothing(tmp_path: Path, label: str) -> None:
    start, end = CARD.index("          '0'"), CARD.index("  splits")
    card = f"{CARD[:start].rstrip()} {label}\n{CARD[end:]}"
    dataset = open_dataset(DataSettings(source=str(written(tmp_path, card))))
    assert dataset.description.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    "card", ["", "---", "---\n---", "# Animals", "---\ndataset_info: 3\n---", "---\n- a\n---\n"]
)
def test_a_card_without_features_says_nothing(tmp_path: Path, card: str) -> None:
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    assert features_in_readme(tmp_path, ["image", "label"]) == {}


def test_a_card_of_other_columns_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD, encoding="utf-8")
    assert features_in_readme(tmp_path, ["image", "kind"]) == {}


def test_the_configuration_of_these_columns_is_found(tmp_path: Path) -> None:
    card = """\
---
dataset_info:
- config_name: texts
  features:
  - name: text
    dtype: string
- config_name: tagged
  features:
  - name: size
    dtype: float64
  - name: topics
    sequence:
      class_label:
        names: [sport, "arts, music"]
---
"""
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    topics = [[[0], [0, 1], [], [1]][number % 4] for number in range(COUNT)]
    table = pa.table({"size": np.arange(COUNT) % 7 / 2, "topics": topics})
    path = tmp_path / "data" / "train-00000-of-00001.parquet"
    parquet.write_table(table, path)
    for source in (path, tmp_path):
        dataset = open_dataset(DataSettings(source=str(source)))
        assert dataset.description.classes == ("arts, music", "sport")
        assert dataset.targets[:2].tolist() == [[0, 1], [1, 1]]
