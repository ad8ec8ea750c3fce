"""Files of several pages: the question what is read, and each of its answers ever after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.data.kinds import read_preparation
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import decode
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.results.predictor import as_array
from app.engine.sources.opening import open_dataset
from app.engine.sources.originals import before_and_after

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(2)
PAGES = 3


def stack(path: Path, pages: np.ndarray) -> Path:
    """Writes pages (n, H, W) into one TIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [Image.fromarray(page) for page in pages]
    images[0].save(path, save_all=True, append_images=images[1:])
    return path


def volumes(folder: Path, dtype: str = "uint16", count: int = 10) -> dict[str, np.ndarray]:
    """Makes volumes in two classes; returns their pages by name."""
    found = {}
    for number in range(count):
        values = RANDOM.integers(0, 60_000 if dtype == "uint16" else 256, (PAGES, 8, 8))
        name = f"{'ab'[number % 2]}/vol{number}.tif"
        found[name] = values.astype(dtype)
        stack(folder / name, found[name])

    return found


def opened(source: Path, trained: Dataset | None = None, **settings: Any) -> Dataset:
    description = trained.description if trained is not None else None
    return open_dataset(DataSettings(source=str(source), **settings), trained=description)


@pytest.mark.parametrize("dtype", ("uint8", "uint16"))
def test_it_is_asked_what_is_read_of_volumes(tmp_path: Path, dtype: str) -> None:
    volumes(tmp_path / "v", dtype)
    with pytest.raises(UserError) as caught:
        opened(tmp_path / "v")

    assert caught.value.setting == "data.pages"
    assert "several pages" in caught.value.what
    for choice in ("first", "each", "maximum"):
        assert f'"{choice}"' in caught.value.remedy


@pytest.mark.parametrize("dtype", ("uint8", "uint16"))
@pytest.mark.parametrize("choice", ("first", "maximum"))
def test_the_first_page_or_the_maximum(tmp_path: Path, dtype: str, choice: str) -> None:
    pages = volumes(tmp_path / "v", dtype)
    dataset = opened(tmp_path / "v", pages=choice)
    for row, name in enumerate(dataset.names):
        expected = pages[name][0] if choice == "first" else pages[name].max(axis=0)
        np.testing.assert_array_equal(dataset.inputs[row, 0], expected)

    again = opened(tmp_path / "v", dataset)  # the settings say nothing: as in training
    np.testing.assert_array_equal(again.inputs, dataset.inputs)

    (raw,) = read_input(tmp_path / "v" / dataset.names[0], dataset.description, DataSettings()).raws
    preparation = dataset.description.preparation
    np.testing.assert_array_equal(as_array(preparation, raw), dataset.inputs[0])
    note = preparation.left_out_note(raw)
    assert note == (
        "" if choice == "maximum" else "It has several pages; only the first one is read."
    )


@pytest.mark.parametrize("dtype", ("uint8", "uint16"))
def test_each_page_is_an_example(tmp_path: Path, dtype: str) -> None:
    pages = volumes(tmp_path / "v", dtype)
    single = RANDOM.integers(0, 200, (8, 8)).astype(dtype)
    stack(tmp_path / "v" / "a" / "one.tif", single[None])
    dataset = opened(tmp_path / "v", pages="each", test_share=0.2)

    assert dataset.description.total == 10 * PAGES + 1
    for row, name in enumerate(dataset.names):
        if name == "a/one.tif":
            np.testing.assert_array_equal(dataset.inputs[row, 0], single)
            continue

        file, _, page = name.partition(" page ")
        np.testing.assert_array_equal(dataset.inputs[row, 0], pages[file][int(page) - 1])
        assert dataset.description.classes[dataset.targets[row]] == file[0]

    files = {
        split: {dataset.names[row].partition(" page ")[0] for row in rows}
        for split, rows in dataset.indices.items()
    }
    assert not files["training"] & files["test"] and not files["training"] & files["validation"]

    read = read_input(tmp_path / "v" / "a" / "vol2.tif", dataset.description, DataSettings())
    assert [name.rpartition("/")[2] for name in read.names] == [
        f"vol2.tif page {number}" for number in (1, 2, 3)
    ]
    for name, raw in zip(read.names, read.raws, strict=True):
        row = list(dataset.names).index(f"a/{name.rpartition('/')[2]}")
        array = as_array(dataset.description.preparation, raw)
        np.testing.assert_array_equal(array, dataset.inputs[row])

    again = opened(tmp_path / "v", dataset)
    np.testing.assert_array_equal(again.inputs, dataset.inputs)


def test_a_preview_of_another_size_is_no_question(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / "p" / "ab"[number % 2] / f"{number}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(RANDOM.integers(0, 256, (12, 12)).astype(np.uint8))
        picture.save(path, save_all=True, append_images=[picture.resize((4, 4))])

    dataset = opened(tmp_path / "p")
    assert any(
        "pages of different sizes: first page used" in note for note in dataset.description.notes
    )


def test_a_network_that_knew_no_pages_reads_the_first_and_says_so(tmp_path: Path) -> None:
    for number in range(6):
        values = RANDOM.integers(0, 256, (8, 8)).astype(np.uint8)
        stack(tmp_path / "one" / "ab"[number % 2] / f"{number}.tif", values[None])
    pages = volumes(tmp_path / "v", "uint8", 4)

    trained = opened(tmp_path / "one")
    later = opened(tmp_path / "v", trained)
    row = list(later.names).index("a/vol0.tif")
    np.testing.assert_array_equal(later.inputs[row, 0], pages["a/vol0.tif"][0])
    assert any("first page used" in note for note in later.description.notes)

    preparation = trained.description.preparation
    assert "several pages" in preparation.left_out_note(tmp_path / "v" / "a" / "vol0.tif")
    assert preparation.left_out_note(tmp_path / "one" / "a" / "0.tif") == ""


def test_the_maximum_is_taken_of_pages_of_one_size(tmp_path: Path) -> None:
    pages = RANDOM.integers(0, 200, (2, 8, 8)).astype(np.uint8)
    images = [Image.fromarray(page) for page in pages]
    preview = Image.fromarray(np.full((4, 4), 255, np.uint8))
    images[0].save(tmp_path / "a.tif", save_all=True, append_images=[images[1], preview])

    found = np.asarray(decode(tmp_path / "a.tif", page="maximum"))
    np.testing.assert_array_equal(found, pages.max(axis=0))


def test_pages_of_a_table_cannot_be_rows(tmp_path: Path) -> None:
    volumes(tmp_path, "uint8", 4)
    lines = [f"{'ab'[n % 2]}/vol{n}.tif,{'ab'[n % 2]}" for n in range(4)]
    (tmp_path / "list.parquet").unlink(missing_ok=True)
    (tmp_path / "list.csv").write_text("picture,amount\n" + "\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"pages") as caught:
        open_dataset(
            DataSettings(
                source=str(tmp_path / "list.csv"), columns={"picture": "image"}, target="amount"
            )
        )
    assert caught.value.setting == "data.pages"


@pytest.mark.parametrize("change", ({"depth": 12}, {"pages": "last"}))
def test_a_preparation_of_something_else_is_none(change: dict[str, Any]) -> None:
    plain = ImagePreparation(8, 8, 1, "crop", (0.5,), (0.5,)).to_plain() | change
    with pytest.raises(ValueError, match="no such"):
        read_preparation(plain)


def test_the_choice_is_kept_with_the_run() -> None:
    preparation = ImagePreparation(8, 8, 1, "crop", (0.5,), (0.5,), pages="maximum")
    assert (
        ImagePreparation.from_plain(
            {key: value for key, value in preparation.to_plain().items() if key != "kind"}
        )
        == preparation
    )


@pytest.mark.parametrize("choice", ("first", "each", "maximum"))
def test_originals_are_shown_of_the_page_that_was_read(tmp_path: Path, choice: str) -> None:
    volumes(tmp_path / "v", "uint16")
    settings = DataSettings(source=str(tmp_path / "v"), pages=choice)
    dataset = open_dataset(settings)
    pairs = before_and_after(dataset, settings, [0, 4, 7])

    assert [pair.name for pair in pairs] == [dataset.names[row] for row in (0, 4, 7)]
    for pair, row in zip(pairs, (0, 4, 7), strict=True):
        shown = dataset.description.preparation.to_display(dataset.inputs[row])
        assert np.abs(pair.after.astype(int) - shown).max() <= 1
        assert np.abs(pair.before.astype(int) - shown).max() <= 1
