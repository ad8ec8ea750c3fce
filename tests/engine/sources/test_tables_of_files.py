"""Tables that name files: beside part folders, for every split, as Hugging Face writes them."""

from __future__ import annotations

import csv
import json
import wave
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.file_lists.finder import FileFinder, NoSuchFile
from app.engine.sources.opening import open_dataset
from app.engine.sources.summary import describe

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

Picture = Callable[..., Path]

CLASSES = ("bkl", "mel", "nv")


def write_csv(path: Path, names: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(names), *map(list, rows)])


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def open_data(source: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(source), **settings))


def truth(dataset: Dataset) -> dict[str, str]:
    """Returns the class of each picture by its name without folders and ending."""
    classes = dataset.description.classes
    return {
        Path(name).stem: classes[target]
        for name, target in zip(dataset.names, dataset.targets, strict=True)
    }


def lesions(base: Path, picture: Picture, folders: tuple[str, str] = ("part_1", "part_2")) -> Path:
    """Makes 60 pictures in two folders, and a table that names them without folder and ending."""
    for number in range(60):
        folder = base / folders[number >= 30]
        picture(folder / f"IMG_{number:05}.jpg", seed=number)

    rows = [
        (f"L{n // 2:04}", f"IMG_{n:05}", CLASSES[n % 3], 30 + n % 40, "mf"[n % 2])
        for n in range(60)
    ]
    write_csv(base / "metadata.csv", ("lesion_id", "image_id", "dx", "age", "sex"), rows)
    return base


@pytest.mark.parametrize(
    "folders",
    [
        ("images_part_1", "images_part_2"),
        ("images_001/images", "images_002/images"),
        ("train", "test"),
        ("fold_1", "fold_2"),
    ],
)
@pytest.mark.parametrize("opened", ["folder", "table"])
def test_a_table_beside_part_folders_is_read(
    tmp_path: Path, picture: Picture, folders: tuple[str, str], opened: str
) -> None:
    base = lesions(tmp_path, picture, folders)
    dataset = open_data(base if opened == "folder" else base / "metadata.csv")
    assert dataset.description.total == 60
    assert dataset.description.classes == CLASSES
    assert truth(dataset) == {f"IMG_{n:05}": CLASSES[n % 3] for n in range(60)}
    assert not [item for item in dataset.description.skipped if not item.ignored]
    assert describe(dataset)["targets"] == ["dx"]


def test_a_table_of_another_name_beside_parts(tmp_path: Path, picture: Picture) -> None:
    (lesions(tmp_path, picture) / "metadata.csv").rename(tmp_path / "list.csv")
    assert open_data(tmp_path).description.classes == CLASSES


def test_another_target_of_the_table(tmp_path: Path, picture: Picture) -> None:
    base = lesions(tmp_path, picture)
    assert open_data(base, target="sex").description.classes == ("f", "m")

    ages = open_data(base, target="age", task="regression")
    assert ages.description.kind == "image"
    assert [amount.name for amount in ages.description.amounts] == ["age"]
    assert ages.targets[:, 0].tolist() == [30 + n % 40 for n in range(60)]


def test_a_later_table_is_read_by_the_columns_of_the_training(
    tmp_path: Path, picture: Picture
) -> None:
    trained = open_data(lesions(tmp_path / "a", picture)).description
    assert trained.reading.inputs == ("image_id",)

    for number in range(9):
        picture(tmp_path / "b" / "new" / f"{number}.png", seed=900 + number)
    rows = [("other", number % 2, CLASSES[number % 3], number) for number in range(9)]
    write_csv(tmp_path / "b" / "later.csv", ("label", "sex", "dx", "image_id"), rows)
    later = open_dataset(DataSettings(source=str(tmp_path / "b" / "later.csv")), trained=trained)
    assert truth(later) == {str(number): CLASSES[number % 3] for number in range(9)}


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_metadata_beside_the_pictures(tmp_path: Path, picture: Picture, suffix: str) -> None:
    for number in range(18):
        picture(tmp_path / f"{'ab'[number % 2]}" / f"{number}.png", seed=number)
    rows = [(f"{'ab'[n % 2]}/{n}.png", CLASSES[n % 3]) for n in range(18)]
    if suffix == "csv":
        write_csv(tmp_path / "metadata.csv", ("file_name", "label"), rows)
    else:
        lines = [{"file_name": name, "label": label} for name, label in rows]
        write_lines(tmp_path / "metadata.jsonl", lines)

    dataset = open_data(tmp_path)
    assert truth(dataset) == {str(n): CLASSES[n % 3] for n in range(18)}


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("inside", ["", "data/"])
def test_metadata_below_the_splits(
    tmp_path: Path, picture: Picture, suffix: str, inside: str
) -> None:
    for split, count in (("train", 12), ("validation", 6), ("test", 6)):
        folder = tmp_path / inside / split
        for number in range(count):  # the same names stand in every split
            picture(folder / f"{number}.png", seed=100 * len(split) + number)

        rows = [{"file_name": f"{n}.png", "label": CLASSES[n % 3]} for n in range(count)]
        if suffix == "csv":
            cells = [row.values() for row in rows]
            write_csv(folder / "metadata.csv", ("file_name", "label"), cells)
        else:
            write_lines(folder / "metadata.jsonl", rows)

    dataset = open_data(tmp_path)
    sizes = {split: len(rows) for split, rows in dataset.indices.items()}
    assert sizes == {"training": 12, "validation": 6, "test": 6}
    assert all("test/" in dataset.names[row] for row in dataset.indices["test"])
    for name, target in zip(dataset.names, dataset.targets, strict=True):
        assert dataset.description.classes[target] == CLASSES[int(Path(name).stem) % 3]


def test_tags_below_the_splits(tmp_path: Path, picture: Picture) -> None:
    for split, count in (("train", 20), ("test", 8)):
        for number in range(count):
            picture(tmp_path / split / f"{number}.png", seed=100 * len(split) + number)

        lines = [
            {"file_name": f"{n}.png", "tags": [["red"], ["red", "blue"], ["green"]][n % 3]}
            for n in range(count)
        ]
        write_lines(tmp_path / split / "metadata.jsonl", lines)

    dataset = open_data(tmp_path, task="multi-label", target="tags")
    assert dataset.description.classes == ("blue", "green", "red")
    assert dataset.description.size("test") == 8
    assert dataset.targets.sum() == 7 + 2 * 7 + 6 + 3 + 2 * 3 + 2


@pytest.mark.parametrize("one_each", [True, False])
def test_a_column_for_each_class(tmp_path: Path, picture: Picture, one_each: bool) -> None:
    names = ("image", "MEL", "NV", "BCC")
    for split, count in (("train", 18), ("valid", 6)):
        rows = []
        for n in range(count):
            picture(tmp_path / split / f"{n}.jpg", seed=100 * len(split) + n)
            cells = [float(n % 3 == column) for column in range(3)]
            cells[0] = cells[0] if one_each else 1.0
            rows.append((f"{n}.jpg", *cells))
        write_csv(tmp_path / split / "_classes.csv", names, rows)

    dataset = open_data(tmp_path)
    assert dataset.description.size("validation") == 6
    if one_each:
        assert dataset.description.task == "classification"
        for name, target in zip(dataset.names, dataset.targets, strict=True):
            expected = ("MEL", "NV", "BCC")[int(Path(name).stem) % 3]
            assert dataset.description.classes[target] == expected
        return

    assert dataset.description.task == "multi-label"
    for name, values in zip(dataset.names, dataset.targets, strict=True):
        found = {
            tag for tag, value in zip(dataset.description.classes, values, strict=True) if value
        }
        assert found == {"MEL", names[1 + int(Path(name).stem) % 3]}


def test_a_table_of_boxes_is_a_question(tmp_path: Path, picture: Picture) -> None:
    rows = []
    for n in range(20):
        picture(tmp_path / f"{n}.jpg", seed=n)
        rows += [(f"{n}.jpg", 12, "cat", 1, 2, 5, 6)]
        rows += [(f"{n}.jpg", 12, "dog", 3, 2, 9, 6)] * (n % 2)

    names = ("filename", "width", "class", "xmin", "ymin", "xmax", "ymax")
    write_csv(tmp_path / "_annotations.csv", names, rows)
    with pytest.raises(UserError, match=r"boxes of 'cat' and 'dog'.*labels = \"tags\""):
        open_data(tmp_path)

    dataset = open_data(tmp_path, labels="tags")
    assert dataset.description.task == "multi-label" and dataset.description.total == 20
    for name, values in zip(dataset.names, dataset.targets, strict=True):
        assert values.tolist() == [1, int(Path(name).stem) % 2]


def test_several_classes_of_a_picture_in_rows_of_their_own(
    tmp_path: Path, picture: Picture
) -> None:
    rows = []
    for n in range(20):
        picture(tmp_path / f"{n}.jpg", seed=n)
        rows += [(f"{n}.jpg", "red"), (f"{n}.jpg", "blue")][: 1 + n % 2]

    write_csv(tmp_path / "t.csv", ("file", "colour"), rows)
    with pytest.raises(UserError, match=r"10 rows of .* with another 'colour'.*tags"):
        open_data(tmp_path)

    dataset = open_data(tmp_path, labels="tags")
    assert dataset.targets.sum(axis=0).tolist() == [10, 20]


def test_one_row_with_another_class_is_told(tmp_path: Path, picture: Picture) -> None:
    for n in range(20):
        picture(tmp_path / f"{n}.jpg", seed=n)
    rows = [(f"{n}.jpg", "ab"[n % 2]) for n in range(20)]
    write_csv(tmp_path / "t.csv", ("file", "label"), [*rows, ("3.jpg", "a")])
    (item,) = [item for item in open_data(tmp_path).description.skipped if not item.ignored]
    assert item.reason == "row 22 names it again as 'a', and not 'b', after row 5"


def test_captions_are_pairs(tmp_path: Path, picture: Picture) -> None:
    for number in range(20):
        picture(tmp_path / f"{number}.png", seed=number)

    lines = [
        {"file_name": f"{n}.png", "text": f"picture of {n} red apples on a table"}
        for n in range(20)
    ]
    write_lines(tmp_path / "metadata.jsonl", lines)
    assert open_data(tmp_path).description.task == "matching"


def test_a_name_that_several_files_have_is_told(tmp_path: Path, picture: Picture) -> None:
    for number in range(12):
        picture(tmp_path / "part_1" / f"{number}.png", seed=number)
    picture(tmp_path / "part_2" / "3.png", seed=99)
    write_csv(tmp_path / "t.csv", ("id", "label"), [(n, "ab"[n % 2]) for n in range(12)])

    dataset = open_data(tmp_path)
    assert dataset.description.total == 11
    (item,) = [item for item in dataset.description.skipped if not item.ignored]
    assert item.path == "3" and "'part_1/3.png' and 'part_2/3.png'" in item.reason


def test_pictures_are_found_beside_masks_of_the_same_names(
    tmp_path: Path, picture: Picture
) -> None:
    for number in range(12):
        picture(tmp_path / "images" / f"{number}.png", seed=number)
        picture(tmp_path / "masks" / f"{number}.png", seed=100 + number)
    write_csv(tmp_path / "t.csv", ("id", "label"), [(n, "ab"[n % 2]) for n in range(12)])
    dataset = open_data(tmp_path / "t.csv")
    assert dataset.description.total == 12
    assert all(name.startswith("images/") for name in dataset.names)


def test_the_folders_of_a_name_must_fit(tmp_path: Path, picture: Picture) -> None:
    right = picture(tmp_path / "data" / "cat" / "1.png")
    picture(tmp_path / "data" / "dog" / "1.png", seed=1)
    finder = FileFinder(tmp_path, (".png",))
    assert finder.find("cat/1.png") == finder.find("cat/1") == right
    for cell in ("cow/1.png", "1", "/cat/1.png", "../cat/1.png", "", "2"):
        with pytest.raises(NoSuchFile):
            finder.find(cell)


def test_a_line_that_is_no_object_is_told(tmp_path: Path, picture: Picture) -> None:
    for number in range(8):
        picture(tmp_path / "train" / f"{number}.png", seed=number)

    lines = tmp_path / "train" / "metadata.jsonl"
    write_lines(lines, [{"file_name": f"{n}.png", "label": "ab"[n % 2]} for n in range(8)])
    lines.write_text(lines.read_text(encoding="utf-8") + "[1, 2]\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"metadata.jsonl' has no JSON object in its line 9"):
        open_data(tmp_path)


def test_folders_of_classes_stay_beside_another_table(folder: Callable[..., Path]) -> None:
    base = folder({"cat": 5, "dog": 5})
    write_csv(base / "sizes.csv", ("file", "size"), [(f"cat/{n}.png", n % 2) for n in range(5)])
    assert open_data(base).description.classes == ("cat", "dog")


def write_sound(path: Path, seed: int) -> Path:
    random = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(random.integers(-9000, 9000, 300).astype("<i2").tobytes())

    return path


def write_words(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"these are the words number {seed} of some", encoding="utf-8")
    return path


@pytest.mark.parametrize(("write", "suffix"), [(write_sound, ".wav"), (write_words, ".txt")])
def test_tables_of_sounds_and_texts(
    tmp_path: Path, write: Callable[[Path, int], Path], suffix: str
) -> None:
    for number in range(24):
        write(tmp_path / f"part_{number % 2}" / f"{number}{suffix}", number)

    rows = [(f"part_{n % 2}/{n}{suffix}", CLASSES[n % 3], n % 5) for n in range(24)]
    write_csv(tmp_path / "metadata.csv", ("file_name", "label", "speaker"), rows)
    for source in (tmp_path, tmp_path / "metadata.csv"):
        dataset = open_data(source)
        assert dataset.description.kind == ("signal" if suffix == ".wav" else "text")
        assert truth(dataset) == {str(n): CLASSES[n % 3] for n in range(24)}

    trained = Description.from_plain(json.loads(json.dumps(dataset.description.to_plain())))
    write_csv(tmp_path / "new.csv", ("speaker", "file_name"), [(1, rows[4][0]), (2, "gone")])
    given = read_input(tmp_path / "new.csv", trained, DataSettings())
    place = dataset.names.index(rows[4][0])
    array = trained.preparation.array(given.raws[0])
    assert (np.asarray(array) == dataset.inputs[place]).all()
    with pytest.raises(UserError):
        trained.preparation.array(given.raws[1])


@pytest.mark.parametrize(("write", "suffix"), [(write_sound, ".wav"), (write_words, ".txt")])
def test_metadata_of_sounds_and_texts_below_the_splits(
    tmp_path: Path, write: Callable[[Path, int], Path], suffix: str
) -> None:
    for split, count in (("train", 12), ("test", 6)):
        for number in range(count):
            write(tmp_path / split / f"{number}{suffix}", 100 * len(split) + number)
        lines = [{"file_name": f"{n}{suffix}", "label": CLASSES[n % 3]} for n in range(count)]
        write_lines(tmp_path / split / "metadata.jsonl", lines)

    dataset = open_data(tmp_path)
    assert dataset.description.size("test") == 6
    assert all(dataset.names[row].startswith("test/") for row in dataset.indices["test"])
    for name, target in zip(dataset.names, dataset.targets, strict=True):
        assert dataset.description.classes[target] == CLASSES[int(Path(name).stem) % 3]


@pytest.mark.parametrize("opened", ["", "meta/list.csv"])
def test_a_table_in_a_folder_of_its_own(tmp_path: Path, opened: str) -> None:
    rows = []
    for number in range(24):
        fold = number % 3 + 1
        write_sound(tmp_path / "audio" / f"fold{fold}" / f"{number}.wav", number)
        rows.append((f"{number}.wav", fold, CLASSES[number // 8]))

    write_csv(tmp_path / "meta" / "list.csv", ("slice", "fold", "class"), rows)
    dataset = open_data(tmp_path / opened)
    assert truth(dataset) == {str(n): CLASSES[n // 8] for n in range(24)}


def test_amounts_in_a_table_in_a_folder_of_its_own(tmp_path: Path, picture: Picture) -> None:
    for number in range(24):
        picture(tmp_path / "images" / f"{number}.png", seed=number)
    rows = [(f"{number}.png", 0.5 * number) for number in range(24)]
    write_csv(tmp_path / "meta" / "list.csv", ("file", "size"), rows)
    dataset = open_data(tmp_path, target="size", task="regression")
    assert dataset.targets[:, 0].tolist() == [0.5 * number for number in range(24)]


def test_pictures_that_a_later_table_names(tmp_path: Path, picture: Picture) -> None:
    trained = open_data(lesions(tmp_path, picture)).description
    write_csv(tmp_path / "new.csv", ("image_id", "sex"), [("IMG_00003", "m"), ("gone", "f")])
    given = read_input(tmp_path / "new.csv", trained, DataSettings())
    assert given.raws[0] == tmp_path / "part_1" / "IMG_00003.jpg"
    assert given.raws[1] == tmp_path / "gone"
