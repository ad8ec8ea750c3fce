"""QMNIST and other IDX files, and the binary files of CIFAR; pickles are refused."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

RANDOM = np.random.default_rng(5)


def opened(source: Path, **settings: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(source), **settings))


def write_idx(path: Path, values: np.ndarray, kind: int) -> None:
    """Writes big-endian values; kind: the byte of their type."""
    head = bytes([0, 0, kind, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    content = head + values.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("test", ["test", "test10k", "t10k"])
def test_of_qmnist_the_first_number_is_the_class(tmp_path: Path, end: str, test: str) -> None:
    for split, count in (("train", 80), (test, 20)):
        images = RANDOM.integers(0, 256, (count, 28, 28), np.uint8)
        labels = RANDOM.integers(0, 5_000, (count, 8)).astype(">i4")
        labels[:, 0] = np.arange(count) % 10
        write_idx(tmp_path / f"qmnist-{split}-images-idx3-ubyte{end}", images, 8)
        write_idx(tmp_path / f"qmnist-{split}-labels-idx2-int{end}", labels, 12)
    for source in (tmp_path, tmp_path / f"qmnist-train-labels-idx2-int{end}"):
        dataset = opened(source)
        assert dataset.description.classes == tuple("0123456789")
        assert dataset.targets.tolist() == [*(np.arange(80) % 10), *(np.arange(20) % 10)]
        assert dataset.description.sizes["test"] == 20


@pytest.mark.parametrize(("kind", "dtype"), [(9, "i1"), (11, ">i2"), (12, ">i4")])
def test_labels_of_other_whole_numbers_are_read(tmp_path: Path, kind: int, dtype: str) -> None:
    images = RANDOM.integers(0, 256, (40, 28, 28), np.uint8)
    write_idx(tmp_path / "train-images-idx3-ubyte", images, 8)
    write_idx(tmp_path / "train-labels-idx1-ubyte", (np.arange(40) % 3).astype(dtype), kind)
    assert opened(tmp_path).targets.tolist() == (np.arange(40) % 3).tolist()


def write_cifar(path: Path, labels: np.ndarray) -> np.ndarray:
    """Writes records of labels (N, K) and pictures, and returns the pictures (N, 3, 32, 32)."""
    pixels = RANDOM.integers(0, 256, (len(labels), 3, 32, 32), np.uint8)
    records = np.concatenate([labels.astype(np.uint8), pixels.reshape(len(labels), -1)], axis=1)
    path.write_bytes(records.tobytes())
    return pixels


@pytest.fixture
def cifar10(tmp_path: Path) -> Path:
    for number in range(1, 4):
        write_cifar(tmp_path / f"data_batch_{number}.bin", np.arange(20)[:, None] % 10)
    write_cifar(tmp_path / "test_batch.bin", np.arange(10)[:, None])
    names = ["airplane", "automobile", *(f"animal {number}" for number in range(8))]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names) + "\n\n", encoding="utf-8")
    return tmp_path


def test_cifar_10_has_its_names_and_its_test_set(cifar10: Path) -> None:
    pixels = write_cifar(cifar10 / "data_batch_1.bin", np.arange(20)[:, None] % 10)
    for source in (cifar10, cifar10 / "data_batch_2.bin"):
        dataset = opened(source)
        description = dataset.description
        assert description.classes[:2] == ("airplane", "automobile")
        assert (description.total, description.sizes["test"]) == (70, 10)
        assert np.array_equal(dataset.inputs[:20], pixels)
        assert dataset.targets[:20].tolist() == (np.arange(20) % 10).tolist()


@pytest.mark.parametrize(("target", "column"), [(None, 1), ("fine", 1), ("coarse", 0)])
def test_cifar_100_has_two_labels(tmp_path: Path, target: str | None, column: int) -> None:
    labels = np.stack([np.arange(60) % 3, np.arange(60) % 6], axis=1)
    write_cifar(tmp_path / "train.bin", labels)
    write_cifar(tmp_path / "test.bin", labels[:12])
    dataset = opened(tmp_path, target=target)
    assert dataset.targets[:60].tolist() == labels[:, column].tolist()
    told = any("coarse one could be it too" in note for note in dataset.description.notes)
    assert told == (target is None)

    with pytest.raises(UserError, match="no label 'super'"):
        opened(tmp_path, target="super")


def test_a_network_is_tested_on_the_label_it_learned(tmp_path: Path) -> None:
    labels = np.stack([np.arange(60) % 3, np.arange(60) % 6], axis=1)
    write_cifar(tmp_path / "train.bin", labels)
    trained = opened(tmp_path, target="coarse")
    later = open_dataset(
        DataSettings(source=str(tmp_path), target="coarse", task="classification"),
        trained=trained.description,
    )
    assert np.array_equal(later.targets, trained.targets)


def test_a_file_that_is_cut_off_is_told(cifar10: Path) -> None:
    path = cifar10 / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"data_batch_2\.bin' is cut off"):
        opened(cifar10)


@pytest.mark.parametrize(
    "names", [("data_batch_1", "test_batch", "batches.meta"), ("train", "test", "meta")]
)
def test_the_version_for_python_is_refused_with_the_way_out(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"\x80\x02}q\x01.")
    with pytest.raises(UserError, match="never opened because they can run code") as caught:
        opened(tmp_path)
    assert "binary version" in caught.value.remedy
