"""Decoded pictures are stored, renewed, bounded, and never half there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.runs.control import Stopped
from app.engine.sources.cache import Cache, default_root, key_of
from app.engine.sources.opening import open_dataset
from app.engine.sources.picture_list import PictureList

if TYPE_CHECKING:
    from app.engine.data.kinds.image.preparation import ImagePreparation
    from app.engine.data.tones import Tones

Maker = Callable[..., Path]


@pytest.fixture
def decoded_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns the names of decoded pictures; it grows as they are decoded."""
    names: list[str] = []
    decode = PictureList.picture

    def spied(self: PictureList, row: int, detail: int = 448, tones: Tones | None = None) -> object:
        names.append(self.names[row])
        return decode(self, row, detail, tones)

    plain = PictureList.plain_pixels

    def spied_plain(self: PictureList, row: int, preparation: ImagePreparation) -> object:
        pixels = plain(self, row, preparation)
        names.extend([self.names[row]] if pixels is not None else [])
        return pixels

    monkeypatch.setattr(PictureList, "picture", spied)
    monkeypatch.setattr(PictureList, "plain_pixels", spied_plain)
    return names


def entries(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir()) if root.is_dir() else []


def test_the_second_time_nothing_is_decoded(folder: Maker, decoded_names: list[str]) -> None:
    base = folder({"a": 6, "b": 6})
    (base / "a" / "bad.png").write_bytes(b"")
    settings = DataSettings(source=str(base))
    first = open_dataset(settings)
    count = len(decoded_names)
    again = open_dataset(settings.replace(split_seed=3, validation_share=0.3))
    same = open_dataset(settings)
    assert len(decoded_names) == count == 13
    assert same.description == first.description and np.array_equal(same.inputs, first.inputs)
    assert again.description.skipped == first.description.skipped
    assert again.description.fingerprint != first.description.fingerprint


@pytest.mark.parametrize("change", ["added", "removed", "changed", "touched"])
def test_a_changed_source_is_read_again_and_the_old_entry_goes(
    folder: Maker, picture: Maker, decoded_names: list[str], change: str
) -> None:
    base = folder({"a": 6, "b": 6})
    settings = DataSettings(source=str(base))
    old = open_dataset(settings).description.fingerprint
    decoded_names.clear()

    if change == "added":
        picture(base / "a" / "new.png", seed=500)
    elif change == "removed":
        (base / "a" / "3.png").unlink()
    elif change == "changed":
        picture(base / "a" / "3.png", seed=501)
    else:
        status = (base / "a" / "3.png").stat()
        os.utime(base / "a" / "3.png", ns=(status.st_atime_ns, status.st_mtime_ns + 5_000_000))

    new = open_dataset(settings).description.fingerprint
    assert len(decoded_names) >= 11
    assert (new == old) == (change == "touched")
    assert len(entries(default_root())) == 1


def test_another_preparation_is_another_entry(folder: Maker) -> None:
    settings = DataSettings(source=str(folder({"a": 4, "b": 4})))
    assert open_dataset(settings).description.shape == (3, 12, 12)
    assert open_dataset(settings.replace(height=8, width=16, colour="grey")).description.shape == (
        1,
        8,
        16,
    )

    assert len(entries(default_root())) == 2


def test_a_cancel_leaves_nothing_behind(folder: Maker) -> None:
    settings = DataSettings(source=str(folder({"a": 30, "b": 30})))
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == limit:
            raise Stopped

    limit = -1  # never
    events: list[tuple[str, int, int]] = []
    open_dataset(
        settings,
        lambda *event: events.append(event),
        check,
        Cache(Path(settings.source).parent / "other"),
    )

    total = calls
    limits = [1, 40, 100, calls - 1, calls]
    assert total > 120  # for every file, listing and reading

    for moment in limits:
        calls = 0
        limit = moment

        with pytest.raises(Stopped):
            open_dataset(settings, check=check)

        assert entries(default_root()) == []

    assert ("Reading 60 of 60 pictures", 60, 60) in events


def test_a_damaged_entry_is_read_again(folder: Maker) -> None:
    settings = DataSettings(source=str(folder({"a": 4, "b": 4})))
    first = open_dataset(settings)
    for spoil in ("cut", "text", "gone"):
        entry = default_root() / entries(default_root())[0]
        if spoil == "cut":
            os.truncate(entry / "inputs.bin", 100)
        elif spoil == "text":
            (entry / "about.json").write_text("{", encoding="utf-8")
        else:
            (entry / "inputs.bin").unlink()

        assert np.array_equal(open_dataset(settings).inputs, first.inputs)


def test_a_cache_that_cannot_be_written_is_no_failure(folder: Maker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    dataset = open_dataset(
        DataSettings(source=str(folder({"a": 4, "b": 4}))), cache=Cache(tmp_path / "file" / "cache")
    )
    assert dataset.description.total == 8


def test_large_arrays_are_mapped(folder: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    base = folder({"a": 10, "b": 10})
    settings = DataSettings(source=str(base))
    in_memory = open_dataset(settings, cache=Cache(base.parent / "other"))
    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)

    for _ in range(2):  # made, then found
        mapped = open_dataset(settings)
        assert isinstance(mapped.inputs, np.memmap)
        assert np.array_equal(mapped.inputs, in_memory.inputs)
        assert mapped.description == in_memory.description

        with pytest.raises(ValueError, match="read-only"):
            mapped.inputs[0] = 0


def test_large_grey_arrays_are_mapped_with_one_channel(
    folder: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = folder({"a": 10, "b": 10}, mode="L")
    (base / "b" / "bad.png").write_bytes(b"")
    expected = open_dataset(DataSettings(source=str(base)), cache=Cache(base.parent / "other"))
    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)
    mapped = open_dataset(DataSettings(source=str(base)))

    assert mapped.inputs.shape == (20, 1, 12, 12)
    assert np.array_equal(mapped.inputs, expected.inputs)
    (entry,) = entries(default_root())
    assert (default_root() / entry / "inputs.bin").stat().st_size == 20 * 144


def test_neither_memory_nor_disk_is_a_sentence(
    folder: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DataSettings(source=str(folder({"a": 3, "b": 3})))
    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(UserError, match="no room"):
        open_dataset(settings)

    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError, match="free memory"):
        open_dataset(settings, cache=Cache(tmp_path / "file" / "cache"))


def test_the_total_is_bounded_and_the_oldest_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=3_000)
    for number in range(6):
        with cache.staging_folder() as folder:
            assert folder is not None
            assert cache.store(
                folder, key_of(number), np.zeros((1, 1, 25, 40), np.uint8), {}, f"line {number}"
            )
        os.utime(tmp_path / "cache" / key_of(number), (1000 + number, 1000 + number))

    remaining = [number for number in range(6) if cache.find(key_of(number))]
    assert remaining[-1] == 5 and 0 not in remaining and len(remaining) <= 3


def test_what_an_interrupted_writer_left_is_removed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for name, age in ((".making-old", 1), (".making-new", None)):
        (tmp_path / name).mkdir()
        if age:
            os.utime(tmp_path / name, (age, age))

    with cache.staging_folder() as folder:
        assert folder is not None
        cache.store(folder, "key", np.zeros((1, 1, 4, 4), np.uint8), {}, "line")

    assert entries(tmp_path) == [".making-new", "key"]
