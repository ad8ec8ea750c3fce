"""The built-in datasets: whole, deterministic, described, learnable."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.learning.tasks import TASKS
from app.engine.sources.opening import open_dataset
from app.engine.sources.samples import (
    FASHION_FOLDER,
    FOLDER,
    MORE_DATA,
    SAMPLES,
    content,
    load,
    thumbnails,
)
from app.engine.sources.samples.shapes import draw_shapes
from app.engine.sources.samples.signals import FORMS, LENGTH, make_signals

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

PICTURES = {
    "digits": ((1, 8, 8), 10, {"training": 1439, "validation": 179, "test": 179}),
    "fashion": ((1, 28, 28), 10, {"training": 4500, "validation": 500, "test": 1000}),
    "shapes": ((3, 32, 32), 6, {"training": 960, "validation": 120, "test": 120}),
}
MIRROR_SAFE = {"digits": False, "fashion": True, "shapes": True}
# rows, numbers that are seen of each, classes; whether a number is missing is a number too
TABLES = {
    "breast-cancer": (569, 30, ("benign", "malignant")),
    "diabetes": (442, 10, ()),
    "penguins": (344, 10, ("Adelie", "Chinstrap", "Gentoo")),
    "wine": (178, 13, ("A", "B", "C")),
    "iris": (150, 4, ("setosa", "versicolor", "virginica")),
}
MOST_BYTES = 8_000_000


def open_sample(name: str, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=SAMPLES[name].source, **settings))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_opens_as_it_says(name: str) -> None:
    sample = SAMPLES[name]
    settings = {"tokens": "bytes"} if name == "book" else {}  # they need no learning
    description = open_sample(name, **settings).description
    assert (description.kind, description.task) == (sample.kind, sample.task)
    assert (description.source, description.format) == (f"sample:{name}", "Built-in")
    assert not description.skipped
    assert not TASKS[description.task].unfit(description)
    assert description.fingerprint == open_sample(name, **settings).description.fingerprint


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_says_where_it_is_from_and_what_to_expect(name: str) -> None:
    sample = SAMPLES[name]
    assert sample.source == f"sample:{name}" and sample.task in TASKS
    assert all(
        (sample.label, sample.summary, sample.expectation, sample.licence, sample.source_note)
    )
    assert sample.expectation.startswith("Expect") and any(
        sign.isdigit() for sign in sample.expectation
    )


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_have_the_size_and_classes_they_claim(name: str) -> None:
    shape, classes, sizes = PICTURES[name]
    description = open_sample(name).description
    assert (description.shape, len(description.classes)) == (shape, classes)
    assert {split: description.size(split) for split in sizes} == sizes
    assert description.mirror_safe == MIRROR_SAFE[name]
    assert description.framed == (name != "shapes")


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_the_rows_and_classes_they_claim(name: str) -> None:
    rows, columns, classes = TABLES[name]
    dataset = open_sample(name)
    description = dataset.description
    assert (description.total, description.shape, description.classes) == (
        rows,
        (columns,),
        classes,
    )

    assert f"{rows} rows" in SAMPLES[name].summary
    assert np.isfinite(dataset.inputs).mean() > 0.98  # what is missing is filled in later

    with content.table_path(name).open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == rows + 1


def test_the_amount_is_the_one_of_the_paper() -> None:
    dataset = open_sample("diabetes")
    (amount,) = dataset.description.amounts
    assert amount.name == "progression"
    assert (dataset.targets.min(), dataset.targets.max()) == (25, 346)
    assert math.isclose(float(dataset.targets.mean()), 152.13348, rel_tol=1e-6)


def test_another_column_of_a_table_may_be_the_target() -> None:
    description = open_sample("penguins", target="body mass (g)").description
    assert description.task == "regression"
    assert description.amounts[0].unit == "g"


def test_tables_are_scikit_learns() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    for name, reference in (
        ("breast-cancer", sklearn.load_breast_cancer()),
        ("wine", sklearn.load_wine()),
        ("iris", sklearn.load_iris()),
        ("diabetes", sklearn.load_diabetes(scaled=False)),
    ):
        with content.table_path(name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]

        assert np.allclose(np.array([row[:-1] for row in rows], float), reference.data)
        if name == "diabetes":
            assert np.array_equal(np.array([row[-1] for row in rows], float), reference.target)
        else:
            classes = (
                TABLES[name][2]
                if name == "wine"
                else [str(name) for name in reference.target_names]
            )
            assert [row[-1] for row in rows] == [classes[label] for label in reference.target]


def test_definitions_are_short_texts_of_ten_topics() -> None:
    texts, topics = content.load_sentences("glosses")
    assert len(texts) == 7_611 == len(set(texts))
    assert len(set(topics)) == 10 and max(map(topics.count, set(topics))) == 800
    assert set(open_sample("glosses").description.classes) == set(topics)
    assert not any('"' in text for text in texts)


def test_the_book_is_whole_and_long_enough() -> None:
    text = content.load_book("book")
    assert len(text.encode()) == 4_153_206 > 1_000_000
    assert text.startswith("Genesis 1\n\nIn the beginning God created the heaven and the earth.\n")
    assert text.endswith("Amen.\n") and text.isascii()
    assert (
        sum(line.rsplit(" ", 1)[-1].isdigit() and len(line) < 30 for line in text.splitlines())
        == 1_189
    )  # chapters


def test_emoji_are_pictures_with_names() -> None:
    emoji = content.load_captioned("emoji")
    assert emoji.images.shape == (1_885, 32, 32, 3) and len(set(emoji.texts)) == 1_885
    assert "flag France" in emoji.texts and len(set(emoji.groups)) == 9
    assert len({image.tobytes() for image in emoji.images}) == 1_885

    dataset = open_sample("emoji")
    assert dataset.description.preparation.to_plain()["names"] == ["picture", "text"]
    assert dataset.description.sizes == {"training": 1509, "validation": 188, "test": 188}


def test_for_a_network_of_other_pictures_emoji_get_its_size() -> None:
    trained = open_sample("emoji", height=16, width=24, colour="grey")
    again = open_dataset(DataSettings(source="sample:emoji"), trained=trained.description)
    assert np.array_equal(trained.inputs, again.inputs) and again.second_halves is not None


def test_for_a_task_without_pairs_emoji_are_pictures_of_nine_groups() -> None:
    description = open_sample(
        "emoji", task="classification", height=16, width=16, colour="grey"
    ).description
    assert description.shape == (1, 16, 16)
    assert len(description.classes) == 9 and "Food & Drink" in description.classes


def test_signals_are_the_same_every_time_and_all_different() -> None:
    (first, targets) = make_signals(each=4)
    (second, _) = make_signals(each=4)
    assert np.array_equal(first, second) and np.isfinite(first).all()
    assert first.shape == (4 * len(FORMS), 1, LENGTH) and np.bincount(targets).tolist() == [
        4
    ] * len(FORMS)
    assert len({signal.tobytes() for signal in first}) == len(first)


def test_a_task_that_does_not_go_with_a_sample_is_one_sentence() -> None:
    with pytest.raises(UserError) as caught:
        open_sample("book", task="regression")

    assert caught.value.remedy
    with pytest.raises(UserError, match=r"regress|amount"):
        open_sample("glosses", task="regression")


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UserError) as caught:
        open_dataset(DataSettings(source="sample:emojis"))
    assert "emoji" in caught.value.remedy


def test_samples_are_small_and_their_licences_lie_beside_them() -> None:
    files = [file for file in FOLDER.iterdir() if file.is_file()]
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    data = {file.name for file in files} - {"README.md", "LICENSES.txt", "__init__.py"}

    assert all(f"`{name}`" in readme for name in data)
    assert "WordNet 3.0 Copyright 2006" in readme
    licences = (FOLDER / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(
        words in licences
        for words in ("Apache License", "UNICODE LICENSE V3", "BSD 3-Clause License")
    )


def test_what_is_too_large_names_the_package_to_get_it_by() -> None:
    assert all("apt-get install" in data.command for data in MORE_DATA)
    assert all(data.then.startswith("Then open") for data in MORE_DATA)


def test_pictures_of_a_sample_for_a_card() -> None:
    assert {
        name: len(thumbnails(name, 4)) for name in ("digits", "shapes", "emoji", "iris", "book")
    } == {
        "digits": 4,
        "shapes": 4,
        "emoji": 4,
        "iris": 0,
        "book": 0,
    }


def test_the_digits_are_scikit_learns() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    reference = sklearn.load_digits()
    ours = load("digits")
    assert np.array_equal(ours.images, np.rint(reference.images * (255 / 16)))
    assert np.array_equal(ours.targets, reference.target)


def test_shapes_are_the_same_every_time_and_all_different() -> None:
    (first, _) = draw_shapes(each=5)
    (second, _) = draw_shapes(each=5)
    assert np.array_equal(first, second)
    assert len({image.tobytes() for image in first}) == 30


@pytest.mark.skipif(
    not FASHION_FOLDER.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed"
)
def test_the_full_fashion_mnist_as_the_package_brings_it() -> None:
    description = open_dataset(DataSettings(source=str(FASHION_FOLDER))).description
    assert [description.size(split) for split in ("training", "validation", "test")] == [
        57_000,
        3_000,
        10_000,
    ]

    assert set(description.counts["validation"]) == {300}
    assert description.classes == load("fashion").classes
    assert description.mirror_safe and description.framed
