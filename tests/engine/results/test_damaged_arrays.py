"""Arrays that are damaged, foreign or too large are told in a sentence, and one array is read."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data.dataset import Description
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input

if TYPE_CHECKING:
    from pathlib import Path

SIGNALS = SignalPreparation(2, 16, None, (0.0, 0.1), (1.0, 2.0))
TRAINED = Description("here", "signals", (2, 16), ("a", "b"), {}, "0", SIGNALS)


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
