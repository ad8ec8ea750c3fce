"""Folders of pictures with a text each are matched by name; what stands alone is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources import formats
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("red", "green", "blue", "grey", "dark", "light")


def write_pair(
    folder: Path, name: str, text: str | None, tone: int = 0, suffix: str = ".png"
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.Generator(np.random.PCG64(tone))
    Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / f"{name}{suffix}")

    if text is not None:
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "things"
    for number in range(30):
        suffix = (".png", ".jpg", ".webp")[number % 3]
        write_pair(
            folder,
            f"thing {number}",
            f"a {WORDS[number % 6]} thing, number {number}",
            number,
            suffix,
        )

    return folder


def test_a_folder_of_pairs_opens_as_matching(pairs: Path) -> None:
    dataset = open_dataset(DataSettings(source=str(pairs)))
    description = dataset.description
    assert (description.task, description.kind, description.format, description.total) == (
        "matching",
        "pair",
        "Pictures with texts",
        30,
    )

    assert isinstance(description.preparation, PairPreparation)
    assert description.preparation.names == ("picture", "text")
    assert [item.kind for item in description.preparation.inputs] == ["image", "text"]
    assert (
        dataset.second_halves is not None
        and len(dataset.inputs) == len(dataset.second_halves) == 30
    )
    assert not description.skipped

    row = dataset.names.index("thing 7.jpg")
    text = description.preparation.right
    assert isinstance(text, TextPreparation)
    assert text.decode(dataset.second_halves[row].tolist()).startswith("a green thing")


def test_opened_twice_it_is_the_same_and_the_second_time_from_the_cache(pairs: Path) -> None:
    predictions: list[str] = []
    first = open_dataset(DataSettings(source=str(pairs)))
    second = open_dataset(
        DataSettings(source=str(pairs)), progress=lambda text, *_: predictions.append(text)
    )
    assert first.description.fingerprint == second.description.fingerprint
    assert np.array_equal(first.inputs, second.inputs)
    assert not any("of 30 pictures" in text for text in predictions)


def test_what_stands_alone_or_cannot_be_read_is_left_out_with_its_reason(pairs: Path) -> None:
    write_pair(pairs, "alone", None, 50)
    write_pair(pairs, "silent", "  \n", 51)
    write_pair(pairs, "broken", "a broken picture", 52)
    (pairs / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    write_pair(pairs, "binary", "x", 53)
    (pairs / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (pairs / "lost.txt").write_text("its picture is gone")
    (pairs / "README.txt").write_text("about the folder")
    (pairs / "photo.heic").write_bytes(b"x")
    description = open_dataset(DataSettings(source=str(pairs))).description
    reasons = {item.path: (item.reason, item.ignored) for item in description.skipped}
    assert description.total == 30
    assert set(reasons) == {
        "alone.png",
        "silent.png",
        "broken.png",
        "binary.png",
        "lost.txt",
        "README.txt",
        "photo.heic",
    }

    assert "no text of the same name" in reasons["alone.png"][0]
    assert "no picture of the same name" in reasons["lost.txt"][0]
    assert "empty" in reasons["silent.png"][0]
    assert "binary" in reasons["binary.png"][0]
    assert [path for path, (_, ignored) in reasons.items() if ignored] == ["README.txt"]


def test_names_are_matched_in_capitals_too_and_only_within_a_folder(tmp_path: Path) -> None:
    for number in range(12):
        write_pair(tmp_path / "train", f"Cat{number}", f"cat {number}", number)
        (tmp_path / "train" / f"Cat{number}.txt").rename(tmp_path / "train" / f"cat{number}.TXT")
        write_pair(tmp_path / "test", f"Cat{number}", f"another cat {number}", 100 + number)

    description = open_dataset(DataSettings(source=str(tmp_path))).description
    assert description.sizes["test"] == 12
    assert description.sizes["training"] + description.sizes["validation"] == 12


def test_of_a_text_in_many_languages_the_first_is_read(tmp_path: Path) -> None:
    others = "de.utf8=Apfel\npt_BR.utf8=Maçã\nca@valencia.utf8=Poma\n"
    for number in range(12):
        write_pair(tmp_path, f"p{number}", f"Apple {number}.\n{others}", number)

    dataset = open_dataset(DataSettings(source=str(tmp_path)))
    assert dataset.second_halves is not None
    texts = {
        dataset.description.preparation.right.decode(row.tolist()) for row in dataset.second_halves
    }  # type: ignore[attr-defined]
    assert texts == {f"Apple {number}." for number in range(12)}


def test_equal_texts_are_equal_partners(tmp_path: Path) -> None:
    for number in range(20):
        write_pair(tmp_path, f"p{number}", f"kind {number // 2}", number)

    dataset = open_dataset(DataSettings(source=str(tmp_path)))
    partner = {dataset.names[row]: int(dataset.targets[row]) for row in range(20)}
    assert partner["p4.png"] == partner["p5.png"] != partner["p6.png"]
    assert any("share their text" in note for note in dataset.description.notes)


def test_sub_folders_are_groups(tmp_path: Path) -> None:
    for number in range(40):
        write_pair(tmp_path / f"film {number // 4}", f"{number}", f"scene {number}", number)

    dataset = open_dataset(DataSettings(source=str(tmp_path), group="folder"))
    homes = {
        split: {dataset.names[row].split("/")[0] for row in rows}
        for split, rows in dataset.indices.items()
    }

    assert not homes["training"] & homes["test"]
    assert not homes["training"] & homes["validation"]


def test_a_network_of_other_pictures_gets_its_own_size(pairs: Path) -> None:
    trained = open_dataset(DataSettings(source=str(pairs), height=8, width=12))
    again = open_dataset(DataSettings(source=str(pairs)), trained=trained.description)
    assert again.inputs.shape == trained.inputs.shape
    assert np.array_equal(again.inputs, trained.inputs)


def test_classes_with_a_few_notes_stay_a_folder_of_classes(tmp_path: Path) -> None:
    for number in range(12):
        write_pair(
            tmp_path / ("cats" if number % 2 else "dogs"),
            str(number),
            "a note" if number < 4 else None,
            number,
        )
    assert open_dataset(DataSettings(source=str(tmp_path))).description.task == "classification"


def test_boxes_in_numbers_are_no_texts(tmp_path: Path) -> None:
    for number in range(12):
        write_pair(
            tmp_path / ("cats" if number % 2 else "dogs"),
            str(number),
            "0 0.5 0.5 0.25 0.125\n",
            number,
        )

    form = formats.find(str(tmp_path))
    assert form is not None and form.kind == "image-folder"


def test_for_a_task_of_classes_the_folders_are_the_classes(tmp_path: Path) -> None:
    for number in range(24):
        write_pair(
            tmp_path / ("cats" if number % 2 else "dogs"), str(number), f"animal {number}", number
        )

    assert open_dataset(DataSettings(source=str(tmp_path))).description.task == "matching"
    description = open_dataset(
        DataSettings(source=str(tmp_path), task="classification")
    ).description
    assert description.classes == ("cats", "dogs")


def test_nothing_usable_is_one_sentence(tmp_path: Path) -> None:
    for number in range(3):
        write_pair(tmp_path, str(number), "\n", number)

    with pytest.raises(UserError) as caught:
        open_dataset(DataSettings(source=str(tmp_path)))

    assert "None of the 3 pairs" in str(caught.value) and "empty" in str(caught.value)


def test_a_cancel_ends_it(pairs: Path) -> None:
    class Stop(Exception):
        pass

    def check() -> None:
        raise Stop

    with pytest.raises(Stop):
        open_dataset(DataSettings(source=str(pairs)), check=check)
