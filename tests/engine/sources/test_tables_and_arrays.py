"""Image lists, NPZ and IDX."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.engine.sources.samples import FASHION

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

Maker = Callable[..., Path]
RANDOM = np.random.default_rng(5)


def open_data(path: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **settings))


# --- tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_delimiter_and_encoding(folder: Maker, delimiter: str, encoding: str) -> None:
    base = folder({"all": 8})
    rows = [["file", "größe", "label"]]
    rows += [
        [f"all/{n}.png", f"{n},5" if delimiter != "," else str(n), "Äpfel" if n % 2 else "Öl"]
        for n in range(8)
    ]

    text = "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    (base / "list.csv").write_bytes(text.encode(encoding))
    dataset = open_data(base / "list.csv")
    assert dataset.description.classes == ("Äpfel", "Öl")
    assert dataset.description.total == 8
    assert not dataset.description.skipped


def test_columns_are_guessed_split_is_used_and_target_overrides(folder: Maker) -> None:
    base = folder({"img": 12})
    lines = ["id,split,colour,path,kind of thing"]
    for n in range(12):
        split = ("train", "train", "val", "test")[n // 3]
        lines.append(
            f"{n},{split},{['red', 'blue', 'green'][n % 3]},img/{n}.png,{['x', 'y'][n % 2]}"
        )

    (base / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    dataset = open_data(base / "list.csv")
    assert dataset.description.classes == ("x", "y")  # the column with the fewest different cells
    assert {split: dataset.description.size(split) for split in dataset.indices} == {
        "training": 6,
        "validation": 3,
        "test": 3,
    }

    assert open_data(base / "list.csv", target="colour").description.classes == (
        "blue",
        "green",
        "red",
    )
    with pytest.raises(UserError, match="Did you mean 'colour'") as caught:
        open_data(base / "list.csv", target="color")

    assert caught.value.setting == "data.target"


def test_headless_tables_missing_files_and_bad_rows(folder: Maker) -> None:
    base = folder({"img": 6})
    lines = [f"img\\{n}.png\t{'ab'[n % 2]}" for n in range(6)]
    lines += ["img/99.png\ta", "img/1.png\tb", "img/2.png\t", "img/3.png", ""]
    (base / "list.tsv").write_text("\n".join(lines), encoding="utf-8")
    description = open_data(base / "list.tsv").description

    assert description.total == 6
    reasons = [item.reason for item in description.skipped]
    assert any("no such file (row 7)" in reason for reason in reasons)
    assert any("names it again, after row 2" in reason for reason in reasons)
    assert sum("no class" in reason for reason in reasons) == 2


def test_a_folder_with_a_table_and_names_without_ending(folder: Maker) -> None:
    base = folder({"train": 8}, suffix=".jpg")
    lines = ["id,breed"] + [f"{n},{['pug', 'beagle'][n % 2]}" for n in range(8)]
    (base / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    assert open_data(base).description.classes == ("beagle", "pug")


def test_numbers_beside_numbered_pictures_name_no_pictures(folder: Maker) -> None:
    """Some numbers of a column are also 1.png and 4.png of a folder near by; a row is too long."""
    base = folder({"img": 8})
    lines = [
        "size,weight,label",
        *(f"{n * n},{1.5 * n},{'xyz'[n % 3]}" for n in range(40)),
        "1,2,x,4",
    ]

    (base / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    description = open_data(base / "rows.csv").description
    assert (description.kind, description.total) == ("row", 40)
    assert [item.reason for item in description.skipped] == ["it has 4 cells, not 3"]


def test_a_list_of_pictures_with_an_endless_line_is_refused(folder: Maker) -> None:
    base = folder({"img": 8})
    with (base / "list.csv").open("wb") as file:
        file.write(
            b"file,label\n" + b"".join(b"img/%d.png,%c\n" % (n, b"ab"[n % 2]) for n in range(8))
        )
        file.write(b"1," * (9 << 20))
        file.truncate(500 << 20)

    with pytest.raises(UserError, match=r"longer than 16 million"):
        open_data(base / "list.csv")


def test_names_with_newlines_and_delimiters_in_quotes(tmp_path: Path, picture: Maker) -> None:
    lines = ["path,label"]
    for number in range(6):
        picture(tmp_path / f"a, {number}\nü.png", seed=number)
        lines.append(f'"a, {number}\nü.png",{"mn"[number % 2]}')

    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    assert open_data(tmp_path / "list.csv").description.total == 6


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n1,2\n", b"\x00\x01\x02\x03\xff" * 50, b"path,label\nmissing.png,a\n"],
    ids=["empty", "no pictures", "binary", "missing"],
)
def test_useless_tables_are_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(UserError) as caught:
        open_data(tmp_path / "list.csv")

    assert "list.csv" in caught.value.what and caught.value.remedy


# --- NPZ


def pixels(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((20, 9, 7), (1, 9, 7)),
        ((20, 9, 7, 3), (3, 9, 7)),
        ((20, 3, 9, 7), (3, 9, 7)),
        ((20, 9, 7, 1), (1, 9, 7)),
        ((20, 1, 9, 7), (1, 9, 7)),
        ((20, 64), (1, 8, 8)),
        ((20, 9, 7, 4), (3, 9, 7)),
    ],
)
@pytest.mark.parametrize(
    ("images", "labels"), [("x", "y"), ("images", "labels"), ("data", "target")]
)
def test_npz_layouts_and_names(
    tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...], images: str, labels: str
) -> None:
    np.savez(tmp_path / "a.npz", **{images: pixels(*shape), labels: np.arange(20) % 2})
    dataset = open_data(tmp_path / "a.npz")
    assert dataset.description.shape == expected
    assert dataset.description.total == 20


def test_npz_pixels_arrive_unchanged(tmp_path: Path) -> None:
    images = pixels(12, 5, 6, 3)
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(12) % 3)
    dataset = open_data(tmp_path / "a.npz")
    assert np.array_equal(dataset.inputs.transpose(0, 2, 3, 1), images)
    assert dataset.targets.tolist() == [n % 3 for n in range(12)]


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"),
        ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"),
        ("xtrain", "ytrain", "xval", "yval", "xtest", "ytest"),
    ],
)
def test_npz_with_splits(tmp_path: Path, names: tuple[str, ...]) -> None:
    content = {}
    for index, count in enumerate((20, 6, 4)):
        content[names[2 * index]] = pixels(count, 8, 8)
        content[names[2 * index + 1]] = (np.arange(count) % 2)[:, None]

    np.savez_compressed(tmp_path / "a.npz", **content)
    description = open_data(tmp_path / "a.npz").description
    assert [description.size(split) for split in ("training", "validation", "test")] == [20, 6, 4]


def test_npz_floats_texts_and_class_names(tmp_path: Path) -> None:
    images = RANDOM.random((12, 6, 6))
    images[3, 0, 0] = np.nan
    np.savez(tmp_path / "a.npz", images=images, labels=np.array(["cat", "dog"] * 6))
    dataset = open_data(tmp_path / "a.npz")

    assert dataset.description.classes == ("cat", "dog")
    assert [item.path for item in dataset.description.skipped] == ["images #4"]
    assert np.abs(dataset.inputs[0, 0] / 65_535 - images[0]).max() < 0.00001

    np.savez(
        tmp_path / "b.npz",
        x=pixels(12, 6, 6),
        y=np.arange(12) % 2,
        class_names=np.array(["no", "yes"]),
    )
    assert open_data(tmp_path / "b.npz").description.classes == ("no", "yes")


def test_npz_values_0_to_16_use_the_whole_range(tmp_path: Path) -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    digits = sklearn.load_digits()
    np.savez(tmp_path / "digits.npz", images=digits.images, labels=digits.target)
    dataset = open_data(tmp_path / "digits.npz")

    assert dataset.inputs.max() == 255
    assert np.array_equal(np.rint(dataset.inputs[:, 0] * (16 / 255)), digits.images)


def test_npz_with_python_objects_is_never_opened(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz", images=np.array([{"a": 1}, None], dtype=object), labels=np.arange(2)
    )
    with pytest.raises(UserError, match="can run code"):
        open_data(tmp_path / "a.npz")


def test_bad_npz_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "whole.npz", images=pixels(50, 8, 8), labels=np.arange(50) % 2)
    content = (tmp_path / "whole.npz").read_bytes()
    damaged = bytearray(content)
    damaged[200:260] = bytes(60)

    cases = {
        "cut.npz": content[: len(content) // 2],
        "text.npz": b"not an archive",
        "empty.npz": b"",
        "hit.npz": bytes(damaged),
    }
    for name, what in cases.items():
        (tmp_path / name).write_bytes(what)

    np.savez(tmp_path / "unlabelled.npz", images=pixels(5, 8, 8))
    np.savez(tmp_path / "unequal.npz", images=pixels(5, 8, 8), labels=np.arange(4))

    for name in (*cases, "unlabelled.npz", "unequal.npz"):
        with pytest.raises(UserError) as caught:
            open_data(tmp_path / name)
        assert name in caught.value.what and caught.value.remedy


# --- IDX


def write_idx(
    base: Path, prefix: str, count: int, zipped: bool = True, labels: int | None = None
) -> np.ndarray:
    base.mkdir(parents=True, exist_ok=True)
    images = pixels(count, 28, 28)
    classes = (np.arange(count if labels is None else labels) % 10).astype(np.uint8)
    end = ".gz" if zipped else ""

    data_loader = gzip.open if zipped else open
    with data_loader(base / f"{prefix}-images-idx3-ubyte{end}", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, count, 28, 28) + images.tobytes())

    with data_loader(base / f"{prefix}-labels-idx1-ubyte{end}", "wb") as file:
        file.write(struct.pack(">II", 0x801, len(classes)) + classes.tobytes())

    return images


@pytest.mark.parametrize("zipped", [True, False])
def test_idx_files_with_their_own_test_set(tmp_path: Path, zipped: bool) -> None:
    images = write_idx(tmp_path / "mnist", "train", 200, zipped)
    write_idx(tmp_path / "mnist", "t10k", 50, zipped)
    dataset = open_data(tmp_path / "mnist")
    description = dataset.description

    assert description.classes == tuple("0123456789")
    assert [description.size(split) for split in ("training", "validation", "test")] == [
        180,
        20,
        50,
    ]

    assert np.array_equal(dataset.inputs[:200, 0], images)
    assert dataset.names[0].endswith("#1")
    one_file = next((tmp_path / "mnist").glob("train-images*"))
    assert open_data(one_file).description.fingerprint == description.fingerprint


def test_idx_names_of_fashion(tmp_path: Path) -> None:
    write_idx(tmp_path / "my fashion data", "train", 100)
    assert open_data(tmp_path / "my fashion data").description.classes == FASHION


def test_bad_idx_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    def assert_refused(base: Path, word: str) -> None:
        with pytest.raises(UserError, match=word) as caught:
            open_data(base)
        assert caught.value.remedy

    for zipped in (True, False):
        base = tmp_path / f"cut{zipped}"
        write_idx(base, "train", 100, zipped)
        file = next(base.glob("train-images*"))
        file.write_bytes(file.read_bytes()[:20_000])
        assert_refused(base, "cut off")

    write_idx(tmp_path / "unequal", "train", 100, labels=90)
    assert_refused(tmp_path / "unequal", "90 labels for 100 pictures")
    write_idx(tmp_path / "unlabelled", "train", 20)
    next((tmp_path / "unlabelled").glob("*labels*")).unlink()
    assert_refused(tmp_path / "unlabelled", "labels of .* are missing")
    write_idx(tmp_path / "other", "train", 20, zipped=False)
    next((tmp_path / "other").glob("*images*")).write_bytes(b"\x00\x00\x0d\x03" + bytes(100))
    assert_refused(tmp_path / "other", "not an IDX file")
    write_idx(tmp_path / "many", "emnist-letters-train", 20)
    write_idx(tmp_path / "many", "emnist-digits-train", 20)
    assert_refused(tmp_path / "many", "several data sets")
