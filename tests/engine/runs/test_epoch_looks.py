"""What a run keeps of its network after an epoch is read as it was written, or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.compute.outputs.values import Picture
from app.engine.runs.looks.epoch_looks import (
    EpochLook,
    WeightSpread,
    bytes_of,
    kept_states,
    looked_at,
    read_look,
    read_looks,
    unpacked_bytes,
    write_look,
)
from app.engine.runs.storage.manifest import RunFileError

if TYPE_CHECKING:
    from pathlib import Path


def look(epoch: int = 3) -> EpochLook:
    random = np.random.default_rng(epoch)
    maps = random.normal(size=(4, 5, 6)).astype(np.float32)
    bars = np.array([1.0, np.nan, 3.0], np.float32)
    counts = np.array([0, 10, 5])
    return EpochLook(
        epoch,
        17,
        {
            "conv/1": Picture("maps", "channels", maps, float(maps.min()), float(maps.max()), 9),
            "norm": Picture("bars", "norms", bars, 1.0, 3.0, 3),
            "out": Picture("histogram", "values", counts, -1.0, 2.0, 15),
        },
        np.array([[1, 9], [0, 3], [2, 15]], np.int32),
        np.array([17, 20]),
        random.normal(size=(2, 3)).astype(np.float16),
        np.array([1.0, np.nan], np.float32),
        {"conv.weight": WeightSpread(np.array([1, 2, 3], np.uint32), -0.5, 0.25)},
    )


def test_it_is_read_as_it_was_written_up_to_a_tone(tmp_path: Path) -> None:
    written = look()
    write_look(tmp_path, written)
    read = read_look(tmp_path, 3)
    assert read is not None
    assert (read.epoch, read.row) == (3, 17)
    assert list(read.pictures) == ["conv/1", "norm", "out"]
    for name, picture in written.pictures.items():
        found = read.pictures[name]
        assert (found.kind, found.subject, found.total) == (
            picture.kind,
            picture.subject,
            picture.total,
        )
        assert found.low == pytest.approx(picture.low) and found.high == pytest.approx(picture.high)
        assert found.values.shape == picture.values.shape

    maps, expected = read.pictures["conv/1"].values, written.pictures["conv/1"].values
    assert np.abs(maps - expected).max() <= np.ptp(expected) / 255
    assert read.pictures["norm"].values.tolist() == pytest.approx([1.0, 1.0, 3.0])
    assert read.pictures["out"].values.tolist() == [0, 255, 128], "shares of the highest bar"
    assert read.dead.tolist() == written.dead.tolist()
    assert read.rows.tolist() == [17, 20] and np.array_equal(read.points, written.points)
    assert read.labels[0] == 1 and np.isnan(read.labels[1])
    spread = read.weights["conv.weight"]
    assert (spread.counts.tolist(), spread.low, spread.high) == ([1, 2, 3], -0.5, 0.25)
    assert bytes_of(tmp_path) > 0 and unpacked_bytes(written) > 120


def test_damaged_ones_are_left_out_and_known_ones_not_read_again(tmp_path: Path) -> None:
    for epoch in (1, 2, 12):
        write_look(tmp_path, look(epoch))

    (tmp_path / "looks" / "notes.txt").write_text("mine")
    first = read_looks(tmp_path)
    assert list(first) == looked_at(tmp_path) == [1, 2, 12]

    (tmp_path / "looks" / "0002.npz").write_bytes(b"no archive")
    with pytest.raises(RunFileError):
        read_look(tmp_path, 2)

    again = read_looks(tmp_path, {1: first[1]})
    assert list(again) == [1, 12] and again[1] is first[1]


def test_a_run_of_an_older_version_has_none(tmp_path: Path) -> None:
    assert looked_at(tmp_path) == [] and read_looks(tmp_path) == {}
    assert read_look(tmp_path, 1) is None and bytes_of(tmp_path) == 0
    assert kept_states(tmp_path) == []
