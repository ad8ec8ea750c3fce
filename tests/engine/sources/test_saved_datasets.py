"""Data sets as `datasets` saves them: Arrow and Parquet files with pictures in their cells.

The files are built as version 5.2 of that library writes them: the same schema, metadata and names.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources import formats
from app.engine.sources.opening import open_dataset
from app.engine.sources.saved.shards import shards_in

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

NAMES = ["cat", "dog", "fox"]
FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
LABEL = {"names": NAMES, "_type": "ClassLabel"}


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def table_of(columns: dict[str, Any], features: dict[str, Any]) -> pa.Table:
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    return pa.table(columns).replace_schema_metadata(metadata)


def pictures(count: int, start: int = 0, labels: list[int] | None = None) -> pa.Table:
    cells = [{"bytes": png(start + n), "path": None} for n in range(count)]
    numbers = labels or [n % 3 for n in range(count)]
    columns = {"image": pa.array(cells, FILE), "label": pa.array(numbers, pa.int64())}
    return table_of(columns, {"image": {"_type": "Image"}, "label": LABEL})


def save_to_disk(folder: Path, *tables: pa.Table) -> None:
    folder.mkdir(parents=True)
    names = [f"data-{n:05}-of-{len(tables):05}.arrow" for n in range(len(tables))]
    for name, table in zip(names, tables, strict=True):
        with pa.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)

    state = {"_data_files": [{"filename": name} for name in names], "_split": None}
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "dataset_info.json").write_text("{}", encoding="utf-8")


def saved_dict(base: Path) -> Path:
    save_to_disk(base / "train", pictures(12), pictures(12, 12))
    save_to_disk(base / "validation", pictures(6, 100))
    save_to_disk(base / "test", pictures(6, 200))
    (base / "dataset_dict.json").write_text('{"splits": ["train", "validation", "test"]}')
    return base


def saved_shards(base: Path, inside: str = "data") -> Path:
    (base / inside).mkdir(parents=True)
    (base / "README.md").write_text("about it")
    for number in range(2):
        name = f"train-{number:05}-of-00002.parquet"
        parquet.write_table(pictures(12, 12 * number), base / inside / name)
    for split, start in (("validation", 100), ("test", 200)):
        parquet.write_table(pictures(6, start), base / inside / f"{split}-00000-of-00001.parquet")

    return base


def saved_folders(base: Path) -> Path:
    """Saves as the server of Hugging Face converts data: default/train/0000.parquet."""
    for split, count, start in (("train", 24, 0), ("validation", 6, 100), ("test", 6, 200)):
        (base / "default" / split).mkdir(parents=True)
        parquet.write_table(pictures(count, start), base / "default" / split / "0000.parquet")

    return base


def open_data(source: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(source), **settings))


SAVED = [saved_dict, saved_shards, saved_folders]


@pytest.mark.parametrize("save", SAVED)
def test_pictures_classes_and_splits_are_those_that_were_saved(tmp_path: Path, save: Any) -> None:
    dataset = open_data(save(tmp_path / "saved"))
    description = dataset.description
    assert description.kind == "image" and description.classes == tuple(NAMES)
    assert description.shape == (3, 12, 12)
    sizes = {split: len(rows) for split, rows in dataset.indices.items()}
    assert sizes == {"training": 24, "validation": 6, "test": 6}

    first = dataset.indices["test"][0]
    expected = np.asarray(Image.open(io.BytesIO(png(200)))).transpose(2, 0, 1)
    assert (dataset.inputs[first] == expected).all()
    for rows in dataset.indices.values():
        assert dataset.targets[rows].tolist() == [n % 3 for n in range(12)] * (len(rows) // 12) + [
            n % 3 for n in range(len(rows) % 12)
        ]


def test_one_folder_and_one_file(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "one", pictures(30))
    parquet.write_table(pictures(30), tmp_path / "one.parquet")
    for name in ("one", "one.parquet"):
        dataset = open_data(tmp_path / name)
        assert dataset.targets.tolist() == [n % 3 for n in range(30)]
        assert dataset.description.classes == tuple(NAMES)


def test_bytes_of_pictures_alone(tmp_path: Path) -> None:
    columns = {"img": pa.array([png(n) for n in range(20)]), "kind": ["a", "b"] * 10}
    parquet.write_table(pa.table(columns), tmp_path / "p.parquet")
    dataset = open_data(tmp_path / "p.parquet")
    assert dataset.description.kind == "image" and dataset.description.classes == ("a", "b")


def test_bytes_of_something_else_stay_a_plain_table(tmp_path: Path) -> None:
    columns = {"raw": [b"abc"] * 20, "x": list(range(20)), "kind": ["a", "b"] * 10}
    parquet.write_table(pa.table(columns), tmp_path / "p.parquet")
    form = formats.find(str(tmp_path / "p.parquet"))
    assert form is not None and form.kind == "table"


def test_later_files_are_answered_and_judged(tmp_path: Path) -> None:
    dataset = open_data(saved_shards(tmp_path / "shards"))
    trained = Description.from_plain(json.loads(json.dumps(dataset.description.to_plain())))
    later = open_dataset(DataSettings(source=str(saved_dict(tmp_path / "disk"))), trained=trained)
    assert later.description.classes == tuple(NAMES)
    assert len(later.inputs) == 36

    parquet.write_table(pictures(3, 50).select(["image"]), tmp_path / "new.parquet")
    given = read_input(tmp_path / "new.parquet", trained, DataSettings())
    assert given.raws == (png(50), png(51), png(52))


def test_a_row_without_a_class_or_a_picture_is_left_out(tmp_path: Path) -> None:
    cells = [{"bytes": png(n) if n != 4 else None, "path": None} for n in range(20)]
    numbers = [-1 if n == 7 else n % 2 for n in range(20)]
    columns = {"image": pa.array(cells, FILE), "label": pa.array(numbers, pa.int64())}
    features = {
        "image": {"_type": "Image"},
        "label": {"names": ["no", "yes"], "_type": "ClassLabel"},
    }
    parquet.write_table(table_of(columns, features), tmp_path / "p.parquet")
    description = open_data(tmp_path / "p.parquet").description
    assert description.total == 18
    assert {item.path for item in description.skipped} == {"row 5", "row 8"}


def test_lists_of_classes_are_tags(tmp_path: Path) -> None:
    cells = [{"bytes": png(n), "path": None} for n in range(30)]
    lists = [[[0], [0, 1], [2]][n % 3] for n in range(30)]
    columns = {"image": pa.array(cells, FILE), "tags": pa.array(lists, pa.list_(pa.int64()))}
    features = {"image": {"_type": "Image"}, "tags": {"feature": LABEL, "_type": "List"}}
    parquet.write_table(table_of(columns, features), tmp_path / "p.parquet")
    dataset = open_data(tmp_path / "p.parquet")
    assert dataset.description.task == "multi-label"
    assert dataset.description.classes == tuple(NAMES)
    assert dataset.targets[:3].tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_texts_with_classes(tmp_path: Path) -> None:
    texts = [f"this is the review number {n} of a film" for n in range(40)]
    columns = {"text": texts, "label": pa.array([n % 3 for n in range(40)], pa.int64())}
    table = table_of(columns, {"text": {"dtype": "string", "_type": "Value"}, "label": LABEL})
    save_to_disk(tmp_path / "saved", table)
    dataset = open_data(tmp_path / "saved")
    assert dataset.description.kind == "text" and dataset.description.classes == tuple(NAMES)


def test_captions_are_pairs(tmp_path: Path) -> None:
    cells = [{"bytes": png(n), "path": f"{n}.png"} for n in range(20)]
    captions = [f"a picture of {n} red apples on a table" for n in range(20)]
    columns = {"image": pa.array(cells, FILE), "text": captions}
    table = table_of(columns, {"image": {"_type": "Image"}})
    parquet.write_table(table, tmp_path / "p.parquet")
    assert open_data(tmp_path / "p.parquet").description.task == "matching"


def test_sounds_in_cells_are_named(tmp_path: Path) -> None:
    cells = [{"bytes": b"RIFF", "path": "a.wav"} for _ in range(20)]
    columns = {"audio": pa.array(cells, FILE), "label": pa.array([0, 1] * 10, pa.int64())}
    save_to_disk(tmp_path / "s", table_of(columns, {"audio": {"_type": "Audio"}, "label": LABEL}))
    with pytest.raises(UserError, match=r"sounds in the cells of 'audio'.*metadata.csv"):
        open_data(tmp_path / "s")


def test_damaged_files_are_told(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "saved", pictures(30))
    file = tmp_path / "saved" / "data-00000-of-00001.arrow"
    content = file.read_bytes()
    for damaged in (b"", content[:5], content[: len(content) // 2], b"\xff" * len(content)):
        file.write_bytes(damaged)
        with pytest.raises(UserError, match="saved"):
            open_data(tmp_path / "saved")


def test_a_state_names_files_of_its_own_folder_alone(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "one", pictures(6))
    state = {"_data_files": [{"filename": "../one/data-00000-of-00001.arrow"}, {"filename": 3}, 4]}
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "state.json").write_text(json.dumps(state))
    assert shards_in(tmp_path / "two") == []


def test_shards_of_other_columns_are_refused(tmp_path: Path) -> None:
    save_to_disk(tmp_path / "saved", pictures(12), pictures(12).rename_columns(["image", "kind"]))
    with pytest.raises(UserError, match="has other columns than the first file"):
        open_data(tmp_path / "saved")


@pytest.mark.parametrize("lists", [[[0, 2], [1], []], [[1, 0, 1], [0, 1, 0], [0, 0, 0]]])
def test_lists_of_numbers_beside_pictures(tmp_path: Path, lists: list[list[int]]) -> None:
    cells = [{"bytes": png(n), "path": None} for n in range(30)]
    columns = {"image": pa.array(cells, FILE), "labels": [lists[n % 3] for n in range(30)]}
    parquet.write_table(pa.table(columns), tmp_path / "p.parquet")
    dataset = open_data(tmp_path / "p.parquet")
    assert dataset.description.kind == "image" and dataset.description.task == "multi-label"
    assert len(dataset.description.classes) == 3
    assert dataset.targets[:3].tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_positions_beside_pictures_are_all_predicted(tmp_path: Path) -> None:
    cells = [{"bytes": png(n), "path": None} for n in range(30)]
    columns = {"image": pa.array(cells, FILE), "place": [[n / 2, n / 4] for n in range(30)]}
    parquet.write_table(pa.table(columns), tmp_path / "p.parquet")
    dataset = open_data(tmp_path / "p.parquet")
    assert dataset.description.task == "regression"
    assert dataset.targets[5].tolist() == [2.5, 1.25]


# --- features that only dataset_info.json says


def unmarked(count: int, labels: list[int] | None = None) -> pa.Table:
    return pictures(count, labels=labels).replace_schema_metadata(None)


FEATURES = {"image": {"_type": "Image"}, "label": LABEL}


@pytest.mark.parametrize("content", [{"features": FEATURES}, {"default": {"features": FEATURES}}])
def test_names_of_classes_stand_beside_the_data(tmp_path: Path, content: Any) -> None:
    save_to_disk(tmp_path / "one", unmarked(30))
    (tmp_path / "one" / "dataset_info.json").write_text(json.dumps(content), encoding="utf-8")
    dataset = open_data(tmp_path / "one")
    assert dataset.description.classes == tuple(NAMES)
    assert dataset.targets.tolist() == [n % 3 for n in range(30)]


def test_names_of_classes_stand_in_the_folder_around_all(tmp_path: Path) -> None:
    (tmp_path / "all" / "data").mkdir(parents=True)
    for start, split in ((0, "train"), (100, "test")):
        table = pictures(24, start).replace_schema_metadata(None)
        parquet.write_table(table, tmp_path / "all" / "data" / f"{split}-00000-of-00001.parquet")
    info = json.dumps({"features": FEATURES})
    (tmp_path / "all" / "dataset_info.json").write_text(info, encoding="utf-8")
    assert open_data(tmp_path / "all").description.classes == tuple(NAMES)


def test_an_example_without_a_label_is_of_no_class(tmp_path: Path) -> None:
    labels = [-1 if n > 25 else n % 3 for n in range(30)]
    save_to_disk(tmp_path / "one", unmarked(30, labels))
    info = json.dumps({"features": FEATURES})
    (tmp_path / "one" / "dataset_info.json").write_text(info, encoding="utf-8")
    description = open_data(tmp_path / "one").description
    assert description.classes == tuple(NAMES) and description.total == 26
    assert {item.reason for item in description.skipped} == {"it has no value of 'label'"}


@pytest.mark.parametrize("content", ["{", "[]", '{"features": {"kind": {"names": ["a"]}}}', "3"])
def test_what_is_said_of_other_columns_is_not_believed(tmp_path: Path, content: str) -> None:
    save_to_disk(tmp_path / "one", unmarked(30))
    (tmp_path / "one" / "dataset_info.json").write_text(content, encoding="utf-8")
    assert open_data(tmp_path / "one").description.classes == ("0", "1", "2")


def test_tags_by_numbers_have_the_names_beside_the_data(tmp_path: Path) -> None:
    cells = [{"bytes": png(n), "path": None} for n in range(30)]
    lists = [[[0], [0, 1], [], [2]][n % 4] for n in range(30)]
    table = pa.table({"image": pa.array(cells, FILE), "labels": lists})
    save_to_disk(tmp_path / "one", table)
    features = {"image": {"_type": "Image"}, "labels": {"feature": LABEL, "_type": "Sequence"}}
    info = json.dumps({"features": features})
    (tmp_path / "one" / "dataset_info.json").write_text(info, encoding="utf-8")
    dataset = open_data(tmp_path / "one")
    assert dataset.description.classes == tuple(NAMES)
    assert dataset.targets[:4].tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]]
