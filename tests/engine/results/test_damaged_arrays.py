"""Arrays that are damaged, foreign or too large are told in a sentence, and one array is read."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data.dataset import Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.preparation import Preparation

SIGNALS = SignalPreparation(2, 16, None, (0.0, 0.1), (1.0, 2.0))


def trained_on(preparation: Preparation) -> Description:
    return Description("here", "data", (2, 16), ("a", "b"), {}, "0", preparation)


TRAINED = trained_on(SIGNALS)


def read(path: Path) -> int:
    return len(read_input(path, TRAINED, DataSettings()).raws)


@pytest.mark.parametrize("place", (0, 2, 30, 60, -30, -10))
def test_every_damaged_archive_is_told_in_a_sentence(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, signals=np.zeros((3, 2, 16), np.float32))
    content = bytearray(path.read_bytes())

    for bit in range(8):
        content[place] ^= 1 << bit
        path.write_bytes(content)
        try:
            assert read(path) == 3
        except UserError as error:
            assert "a.npz" in str(error)


def test_an_array_whose_header_is_no_header_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((3, 2, 16), np.float32))
    path.write_bytes(path.read_bytes().replace(b"(3, 2, 16)", b"(3, 2, '''"))

    with pytest.raises(UserError, match="damaged"):
        read(path)


def test_only_the_array_that_is_asked_about_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, signals=np.zeros((3, 2, 16), np.float32))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.npy", b"no array")
        archive.writestr("notes.txt", b"no array either")

    assert read(path) == 3


@pytest.mark.parametrize("shape", ((5, 0, 28), (5, 28, 0), (0, 28, 28), (7, 0)))
def test_an_array_of_nothing_is_no_array_of_pictures_or_signals(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    pictures = ImagePreparation(8, 8, 1, "crop", (0.5,), (1.0,))
    for preparation in (pictures, SIGNALS):
        with pytest.raises(UserError, match="holds no array"):
            read_input(tmp_path / "a.npy", trained_on(preparation), DataSettings())


def test_a_signal_too_large_for_32_bits_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((1, 2, 16), 1e300))
    (raw,) = read_input(tmp_path / "a.npy", TRAINED, DataSettings()).raws
    with pytest.raises(UserError, match="not numbers"):
        SIGNALS.array(raw)
