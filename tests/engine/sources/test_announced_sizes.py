"""Sources that announce more than they hold, or than the memory holds, are refused at once."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data import sounds
from app.engine.data.dataset import Description
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset
from app.engine.sources.plain_text import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIGNALS = SignalPreparation(1, 16, 8000.0, (0.0,), (1.0,))
TRAINED = Description("here", "sounds", (1, 16), ("a", "b"), {}, "0", SIGNALS)


def refusal_of(source: Path, most: int = 100 << 20) -> str:
    """Returns the sentence of a source that is refused without taking `most` bytes of memory."""
    tracemalloc.start()
    with pytest.raises(UserError) as caught:
        open_dataset(DataSettings(source=str(source)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < most
    assert caught.value.remedy
    return caught.value.what


# --- IDX


def write_idx(folder: Path, shape: tuple[int, ...], content: bytes, packed: bool) -> Path:
    """Writes pictures with this header and content, and as many labels as are announced."""
    folder.mkdir()
    opener: Callable[..., gzip.GzipFile] = gzip.open if packed else open  # type: ignore[assignment]
    end = ".gz" if packed else ""
    with opener(folder / f"train-images-idx3-ubyte{end}", "wb") as file:
        file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, *shape) + content)

    with opener(folder / f"train-labels-idx1-ubyte{end}", "wb") as file:
        file.write(struct.pack(">BBBBI", 0, 0, 8, 1, 100) + bytes([1, 2] * 50))

    return folder


@pytest.mark.parametrize("packed", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize(
    "shape",
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 1, 1),
        (0xFFFFFFFF, 0, 28),
        (100, 28, 0),
        (101, 28, 28),
        (99, 28, 28),
    ),
)
def test_an_idx_file_holds_what_it_announces(
    tmp_path: Path, shape: tuple[int, ...], packed: bool
) -> None:
    folder = write_idx(tmp_path / "idx", shape, bytes(100 * 28 * 28), packed)
    what = refusal_of(folder)
    assert "damaged" in what and "train-images-idx3-ubyte" in what


def test_a_packed_idx_file_beyond_the_memory_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_idx(tmp_path / "idx", (40_000, 28, 28), bytes(40_000 * 28 * 28), True)
    monkeypatch.setattr("app.engine.free_memory.free_memory", lambda: 20 << 20)
    assert "MiB of memory are free" in refusal_of(folder, 10 << 20)


# --- NPZ


def test_pictures_of_nothing_are_no_pictures(tmp_path: Path) -> None:
    rows = 200_000_000
    np.savez_compressed(tmp_path / "a.npz", images=np.zeros((rows, 28, 0), np.uint8))
    assert "no images" in refusal_of(tmp_path / "a.npz")


def test_many_tiny_pictures_count_with_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.zeros((100_000, 1, 1), np.uint8)
    np.savez_compressed(tmp_path / "a.npz", images=images, labels=images[:, 0, 0])
    monkeypatch.setattr("app.engine.free_memory.free_memory", lambda: 20 << 20)

    assert "says that it holds 28.7 MiB of pictures" in refusal_of(tmp_path / "a.npz")


def test_pictures_of_many_channels_are_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 8, 8, 7), np.uint8), labels=np.arange(4))
    assert "pictures of 7 channels in 'images'" in refusal_of(tmp_path / "a.npz")


# --- sounds


def write_wav(path: Path, rate: int, count: int = 1_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tones = np.sin(np.arange(count) / 3 + count) * 10_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(tones.astype("<i2").tobytes())

    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", rate)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("rate", [0, 1, 99, 1_000_001, 0xFFFFFFFF])
def test_an_impossible_rate_leaves_a_sound_out(tmp_path: Path, rate: int) -> None:
    for label in "ab":
        for number in range(6):
            write_wav(tmp_path / "wav" / label / f"{number}.wav", 8_000, 1_000 + number)
    odd = write_wav(tmp_path / "wav" / "a" / "odd.wav", rate)

    description = open_dataset(DataSettings(source=str(tmp_path / "wav"))).description
    assert [item.path for item in description.skipped] == ["a/odd.wav"]
    with pytest.raises(UserError, match=r"odd\.wav"):
        SIGNALS.array(read_input(odd, TRAINED, DataSettings()).raws[0])


def test_samples_of_another_size_than_the_frame_are_damage(tmp_path: Path) -> None:
    content = bytearray(write_wav(tmp_path / "a.wav", 8_000).read_bytes())
    content[34] = 24  # bits
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(sounds.UnreadableSound, match="samples of 24 bits in frames of 2 bytes"):
        sounds.read_header(tmp_path / "a.wav")


def test_the_lowest_and_the_highest_rate_are_read(tmp_path: Path) -> None:
    for rate in sounds.RATES:
        assert sounds.read_wave(write_wav(tmp_path / "a.wav", rate))[1] == rate


def test_a_sound_is_brought_from_the_highest_to_the_lowest_rate() -> None:
    slow = np.sin(2 * np.pi * 5 * np.arange(1_000_000) / 1_000_000)[None]  # 5 Hz for a second
    result = sounds.resample(slow, 1_000_000, 100)

    assert result.shape == (1, 100)
    assert np.abs(result[0] - np.sin(2 * np.pi * 5 * np.arange(100) / 100))[5:-5].max() < 0.05


@pytest.mark.parametrize("rates", [(44_100, 1e-6), (1e-6, 44_100)])
def test_rates_that_are_too_far_apart_are_told(rates: tuple[float, float]) -> None:
    with pytest.raises(sounds.UnreadableSound, match="of memory"):
        sounds.resample(np.ones((1, 1_000), np.float32), *rates)


def test_parts_without_end_before_the_sound_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + b"JUNK\0\0\0\0" * 100_000)
    with pytest.raises(sounds.UnreadableSound, match="holds no sound"):
        sounds.read_header(path)


# --- texts


def test_a_text_beyond_the_memory_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in "ab":
        (tmp_path / "texts" / label).mkdir(parents=True)
        for number in range(8):
            (tmp_path / "texts" / label / f"{number}.txt").write_text(f"word {label} {number}")
    (tmp_path / "texts" / "a" / "long.txt").write_text("x" * (4 << 20))
    monkeypatch.setattr("app.engine.sources.plain_text.free_memory", lambda: 20 << 20)

    description = open_dataset(DataSettings(source=str(tmp_path / "texts"))).description
    assert [(item.path, item.reason) for item in description.skipped] == [
        ("a/long.txt", "it needs 24 MiB of memory")
    ]


def test_binary_data_are_told_from_their_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    content = np.random.default_rng(0).integers(0, 256, 1_000_000, np.uint8).tobytes()
    path.write_bytes(content)
    assert "binary data" in refusal_of(path)

    words = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.\n" * 9_000
    for encoding in ("utf-8", "utf-16", "utf-16-le", "cp1252"):
        path.write_bytes(words.encode(encoding))
        assert read_text(path)[0] == words
