"""A stored copy is used only if it is what was stored, of the source as it is."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources import stamps
from app.engine.sources.cache import DAMAGED, Cache, key_of
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

Maker = Callable[..., Path]
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such times or links")


@pytest.fixture(params=["in memory", "mapped"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Says where opened pictures lie, and makes it so."""
    if request.param == "mapped":
        monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)
    return str(request.param)


def entry_of(cache: Cache) -> Path:
    (entry,) = (path for path in cache.root.iterdir() if len(path.name) == 32)
    return entry


def opened(settings: DataSettings, cache: Cache) -> Dataset:
    """Opens data and copies their inputs, which may be a map of what is changed later."""
    dataset = open_dataset(settings, cache=cache)
    return dataclasses.replace(dataset, inputs=np.array(dataset.inputs))


def mutations(content: bytes, seed: int) -> Iterator[bytes]:
    """Yields it with a bit flipped, cut, longer, zeroed, and with its halves exchanged."""
    generator = np.random.default_rng(seed)
    for place in generator.integers(0, len(content), 6).tolist():
        changed = bytearray(content)
        changed[place] ^= 1 << int(generator.integers(8))
        yield bytes(changed)

    yield content[: len(content) // 2]
    yield content + b"\0"
    yield bytes(len(content))

    half = len(content) // 2
    yield content[half:] + content[:half]
    yield b""


def same(first: Dataset, second: Dataset) -> bool:
    return (
        np.array_equal(first.inputs, second.inputs)
        and np.array_equal(first.targets, second.targets)
        and first.description.digest == second.description.digest
    )


@pytest.mark.parametrize("name", ["inputs.bin", "about.json"])
def test_no_damaged_entry_is_used(folder: Maker, tmp_path: Path, kept: str, name: str) -> None:
    settings = DataSettings(source=str(folder({"a": 6, "b": 6})))
    cache = Cache(tmp_path / "cache")
    first = opened(settings, cache)
    content = (entry_of(cache) / name).read_bytes()

    for number, changed in enumerate(mutations(content, 1)):
        (entry_of(cache) / name).write_bytes(changed)
        again = open_dataset(settings, cache=cache)

        assert same(again, first), number
        assert DAMAGED in again.description.notes, number
        assert DAMAGED not in open_dataset(settings, cache=cache).description.notes

    assert len(list(cache.root.iterdir())) == 1


def test_the_files_of_another_entry_are_not_used(folder: Maker, tmp_path: Path, kept: str) -> None:
    base = folder({"a": 6, "b": 6})
    cache = Cache(tmp_path / "cache")
    crop = DataSettings(source=str(base), height=8, width=16, fit="crop")
    stretch = crop.replace(fit="stretch")
    expected = opened(crop, cache)
    mine = entry_of(cache)
    open_dataset(stretch, cache=cache)
    (other,) = (path for path in cache.root.iterdir() if path != mine)

    for exchanged in (("inputs.bin",), ("about.json",), ("inputs.bin", "about.json")):
        backup = tmp_path / "backup"
        shutil.copytree(mine, backup)
        for name in exchanged:
            shutil.copyfile(other / name, mine / name)

        again = open_dataset(crop, cache=cache)
        assert same(again, expected) and DAMAGED in again.description.notes, exchanged

        shutil.rmtree(mine)
        backup.rename(mine)


@UNIX
def test_a_source_changed_with_size_and_time_kept_is_read_again(
    folder: Maker, tmp_path: Path, kept: str
) -> None:
    base = folder({"a": 0, "b": 0})
    for number in range(12):
        pixels = np.full((12, 12, 3), 10 * number, np.uint8)
        Image.fromarray(pixels).save(base / "ab"[number % 2] / f"{number}.bmp")

    settings = DataSettings(source=str(base))
    cache = Cache(tmp_path / "cache")
    before = opened(settings, cache)
    path = base / "a" / "4.bmp"

    for way in ("rewritten", "replaced"):
        status = path.stat()
        content = path.read_bytes()
        other = tmp_path / "other.bmp"
        target = path if way == "rewritten" else other
        target.write_bytes(content[:-3] + bytes(255 - value for value in content[-3:]))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        if way == "replaced":
            os.replace(other, path)

        assert path.stat().st_mtime_ns == status.st_mtime_ns
        after = opened(settings, cache)
        assert not np.array_equal(before.inputs, after.inputs), way
        assert before.description.digest != after.description.digest
        before = after

    assert len(list(cache.root.iterdir())) == 1


def test_the_bytes_of_a_source_count_where_its_times_say_nothing(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(100)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 300_000)

    before = stamps.sample_digest(paths)
    assert stamps.sample_digest([str(path) for path in paths]) == before

    for start in (0, 150_000, 299_999):
        content = bytearray(paths[-1].read_bytes())
        content[start] ^= 1
        paths[-1].write_bytes(content)
        assert stamps.sample_digest(paths) != before

    paths[0].unlink()
    stamps.sample_digest(paths)
    assert stamps.sample_digest([]) == stamps.sample_digest([])


@UNIX
@pytest.mark.parametrize("link", ["entry", "inputs.bin", "about.json"])
def test_links_in_the_cache_are_refused_and_what_they_lead_to_stays(
    folder: Maker, tmp_path: Path, kept: str, link: str
) -> None:
    settings = DataSettings(source=str(folder({"a": 6, "b": 6})))
    cache = Cache(tmp_path / "cache")
    first = opened(settings, cache)
    entry = entry_of(cache)
    outside = tmp_path / "outside"

    if link == "entry":
        shutil.move(entry, outside)
        entry.symlink_to(outside)
    else:
        outside.mkdir()
        shutil.move(entry / link, outside / link)
        (entry / link).symlink_to(outside / link)

    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    again = open_dataset(settings, cache=cache)
    assert same(again, first) and DAMAGED in again.description.notes
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
    assert not entry_of(cache).is_symlink()


def test_only_what_is_the_cache_s_own_is_removed(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=10)
    mine = cache.root / "my notes"
    mine.mkdir(parents=True)
    (mine / "a.txt").write_text("a", encoding="utf-8")
    half = cache.root / key_of("half removed")
    half.mkdir()
    (half / "inputs.bin").write_bytes(b"1")
    os.utime(half, (1, 1))

    for number in range(2):
        with cache.staging_folder() as staging:
            assert staging is not None
            inputs = np.zeros((1, 1, 4, 4), np.uint8)
            assert cache.store(staging, key_of(number), inputs, {}, str(number))

    assert {path.name for path in cache.root.iterdir()} == {"my notes", key_of(1)}


def test_a_disk_that_does_not_give_back_what_was_written_is_a_sentence(
    folder: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BadDisk(Cache):
        def store(self, staging: Path, key: str, *rest: object) -> bool:
            stored = super().store(staging, key, *rest)  # type: ignore[arg-type]
            with (self.root / key / "inputs.bin").open("r+b") as file:
                file.write(b"?")
            return stored

    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)
    settings = DataSettings(source=str(folder({"a": 6, "b": 6})))
    with pytest.raises(UserError, match="does not give back"):
        open_dataset(settings, cache=BadDisk(tmp_path / "cache"))
