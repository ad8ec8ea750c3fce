"""Signals: WAV files, NPZ arrays, one rate and one length."""

from __future__ import annotations

import json
import struct
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app.engine.data import sounds
from app.engine.data.dataset import Dataset, Description
from app.engine.data.kinds import read_preparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.formats import find
from app.engine.sources.opening import open_dataset
from app.engine.sources.parts.signals import SignalPart

if TYPE_CHECKING:
    from pathlib import Path


RANDOM = np.random.default_rng(12)


def open_data(path: Path, trained: Description | None = None, **more: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **more), trained=trained)


def tone(hertz: float, rate: int, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate).astype(np.float32)


def write(path: Path, values: np.ndarray, rate: int = 8_000, bits: int = 16) -> Path:
    """Writes PCM with the standard library.

    values: (frames,) or (frames, channels) in -1..1.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.rint(np.clip(values, -1, 1) * (2 ** (bits - 1) - 1)).astype("<i4")

    raw = {
        8: lambda: (whole + 128).astype(np.uint8).tobytes(),
        24: lambda: whole.reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes(),
    }.get(bits, lambda: whole.astype(f"<i{bits // 8}").tobytes())()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if values.ndim == 1 else values.shape[1])
        file.setsampwidth(bits // 8)
        file.setframerate(rate)
        file.writeframes(raw)

    return path


def float_wave(
    values: np.ndarray, bits: int = 32, coding: int = 3, size: int | None = None
) -> bytes:
    content = values.astype(f"<f{bits // 8}").tobytes()
    form = struct.pack("<HHIIHH", coding, 1, 8_000, 8_000 * bits // 8, bits // 8, bits)
    body = (
        b"WAVEfmt "
        + struct.pack("<I", len(form))
        + form
        + b"note"
        + struct.pack("<I", 3)
        + b"abc\0"
    )

    body += b"data" + struct.pack("<I", len(content) if size is None else size) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- WAV


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2])
def test_pcm_is_read_as_it_was_written(tmp_path: Path, bits: int, channels: int) -> None:
    values = RANDOM.uniform(-1, 1, (500, channels)).astype(np.float32)
    samples, rate = sounds.read_wave(write(tmp_path / "a.wav", values, 11_025, bits))
    assert rate == 11_025 and samples.shape == (channels, 500) and samples.dtype == np.float32
    assert np.abs(samples.T - values).max() < 2.0 ** (2 - bits) + 1e-6


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("size", [None, 0, 0xFFFFFFFF])
def test_floating_point_and_unfinished_headings(
    tmp_path: Path, bits: int, size: int | None
) -> None:
    (tmp_path / "a.wav").write_bytes(float_wave(tone(50, 8_000, 0.1), bits, size=size))
    assert np.allclose(sounds.read_wave(tmp_path / "a.wav")[0][0], tone(50, 8_000, 0.1))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"RIFFxxxxWAVE", "no sound"),
        (b"ID3\x04 music music", "not a WAV"),
        (float_wave(np.ones(50))[:-100], "breaks off after 50 %"),
        (float_wave(np.ones(50))[:30], "damaged"),
        (float_wave(np.ones(5), coding=0x55), "MP3"),
        (float_wave(np.zeros(0)), "no sound"),
        (float_wave(np.array([1.0, np.nan])), "not numbers"),
    ],
)
def test_damaged_files_are_refused_with_a_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(sounds.UnreadableSound, match=reason):
        sounds.read_wave(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("rate", "wanted"), [(44_100, 16_000), (16_000, 44_100), (8_000, 11_025), (48_000, 8_000)]
)
def test_another_rate_keeps_the_tone(rate: int, wanted: int) -> None:
    samples = sounds.resample(tone(440, rate, 0.5)[None], rate, wanted)
    assert samples.shape == (1, wanted // 2) and samples.dtype == np.float32
    middle = slice(wanted // 20, -wanted // 20)
    assert np.abs(samples[0][middle] - tone(440, wanted, 0.5)[middle]).max() < 5e-3


def test_tones_that_do_not_fit_are_lost_and_not_folded() -> None:
    samples = sounds.resample(tone(7_000, 48_000, 0.5)[None], 48_000, 8_000)
    assert np.abs(samples[0][200:-200]).max() < 0.01


def test_the_middle_is_kept_and_short_signals_stand_in_it() -> None:
    values = np.arange(10, dtype=np.float32)[None]
    assert sounds.crop_or_pad(values, 4).tolist() == [[3, 4, 5, 6]]
    assert sounds.crop_or_pad(values[:, :3], 6).tolist() == [[1, 0, 1, 2, 1, 1]]


# --- preparation and part


def test_fitting_and_encoding_give_the_same_and_training_alone_is_measured() -> None:
    values = RANDOM.normal(1_000, 3, (40, 2, 30)).astype(np.float32)
    values[:, 1] = 7  # a channel without variation
    values[30:, 0] += 1e6
    part = SignalPart(values, 100.0)
    arrays, preparation = part.fit(np.arange(30))
    assert isinstance(preparation, SignalPreparation)
    assert preparation.mean == pytest.approx(values[:30].mean(axis=(0, 2), dtype=float), rel=1e-6)
    assert (
        preparation.std[0] == pytest.approx(values[:30, 0].std(dtype=float), rel=1e-4)
        and preparation.std[1] == 1
    )

    assert np.array_equal(SignalPart(values, 100.0).encode(preparation), arrays)
    assert np.array_equal(preparation.array(values[0]), values[0])
    prepared = preparation.tensor(torch.from_numpy(arrays[:30].copy()))
    assert torch.isfinite(prepared).all()
    assert prepared[:, 0].mean().item() == pytest.approx(0, abs=1e-2)
    assert prepared[:, 0].std().item() == pytest.approx(1, abs=1e-2)
    assert (prepared[:, 1] == 0).all()
    assert read_preparation(json.loads(json.dumps(preparation.to_plain()))) == preparation

    fingerprints = SignalPart(values[[0, 1, 0]]).fingerprints()
    assert np.array_equal(fingerprints[0], fingerprints[2]) and not np.array_equal(
        fingerprints[0], fingerprints[1]
    )


def test_one_signal_is_brought_to_rate_and_length(tmp_path: Path) -> None:
    preparation = SignalPreparation(1, 800, 8_000.0, (0.0,), (1.0,))
    path = write(tmp_path / "a.wav", np.stack([tone(100, 16_000, 0.3)] * 2, axis=1), 16_000)
    for raw in (path, str(path)):
        assert preparation.array(raw).shape == (1, 800)

    assert np.abs(preparation.array(path)[0] - tone(100, 8_000, 0.3)[800:1600]).max() < 0.01
    assert preparation.array([1.0, 2.0, 3.0]).shape == (1, 800)
    assert preparation.array(tone(100, 8_000, 0.1)).shape == (1, 800)
    assert "from 16,000 to 8,000" in preparation.left_out_note(path)
    assert preparation.left_out_note(np.zeros((1, 800))) == ""
    assert "middle 800 of 900" in preparation.left_out_note(
        np.zeros(900)
    ) and "3 values" in preparation.left_out_note([1, 2, 3])


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ([], "empty"),
        (["a"], "list of numbers"),
        ([1.0, np.nan], "not numbers"),
        (np.zeros((2, 50)), "2 channels"),
        ("missing.wav", "could not be opened"),
    ],
)
def test_useless_signals_are_refused(raw: Any, what: str) -> None:
    with pytest.raises(UserError, match=what):
        SignalPreparation(1, 80, 8_000.0, (0.0,), (1.0,)).array(raw)


def test_a_silent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="silent"):
        SignalPreparation(1, 80, 8_000.0, (0.0,), (1.0,)).array(
            write(tmp_path / "a.wav", np.zeros(100))
        )


# --- folders of sounds


def test_a_folder_of_sounds(tmp_path: Path) -> None:
    for number in range(10):
        write(tmp_path / "low" / f"{number}.wav", tone(200 + number, 8_000, 0.2))
        write(
            tmp_path / "high" / f"{number}.WAV",
            np.stack([tone(900 + number, 16_000, 0.1)] * 2, 1),
            16_000,
            24,
        )

        write(tmp_path / "low" / f"more {number}.wav", tone(300 + number, 8_000, 0.3), bits=8)

    write(tmp_path / "low" / "silence.wav", np.zeros(1_000))
    (tmp_path / "low" / "text.wav").write_text("no sound")
    (tmp_path / "low" / "half.wav").write_bytes((tmp_path / "low" / "1.wav").read_bytes()[:900])
    dataset = open_data(tmp_path)
    description = dataset.description
    assert (
        description.format == "Folder of sounds"
        and description.kind == "signal"
        and description.classes == ("high", "low")
    )

    assert description.total == 30 and description.shape == (1, 1_600)
    assert {item.path: item.reason for item in description.skipped} == {
        "low/silence.wav": "it is silent from beginning to end",
        "low/text.wav": "it is not a WAV file",
        "low/half.wav": "it breaks off after 26.8 %",
    }

    notes = " ".join(description.notes)
    assert "10 of 31 sounds have another rate" in notes and "10 sounds were mixed" in notes
    assert "longer than 0.2 seconds" in notes and "shorter than 0.2 seconds" in notes

    row = list(dataset.names).index("low/3.wav")
    assert np.abs(dataset.inputs[row][0] - tone(203, 8_000, 0.2)).max() < 1e-3
    assert (
        isinstance(description.preparation, SignalPreparation)
        and description.preparation.rate == 8_000
    )

    assert np.allclose(
        description.preparation.array(tmp_path / "low" / "3.wav"), dataset.inputs[row]
    )
    assert np.array_equal(open_data(tmp_path, trained=description).inputs, dataset.inputs)
    assert Description.from_plain(json.loads(json.dumps(description.to_plain()))) == description


def test_long_sounds_are_brought_to_a_lower_rate(tmp_path: Path) -> None:
    for number in range(3):
        for name in ("a", "b"):
            write(tmp_path / name / f"{number}.wav", RANDOM.uniform(-1, 1, 48_000 * 3), 48_000)

    description = open_data(tmp_path).description
    assert description.shape == (1, 16_000)
    assert any("from 48,000 to 8,000 samples" in note for note in description.notes)
    assert any("longer than 2 seconds" in note for note in description.notes)


def test_a_folder_of_silence_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name / "1.wav", np.zeros(100))
    with pytest.raises(UserError, match=r"None of the 2 sounds.*silent"):
        open_data(tmp_path)


# --- NPZ


@pytest.mark.parametrize(
    ("key", "shape", "expected"),
    [
        ("signals", (20, 3, 50), (3, 50)),
        ("ecg", (20, 64), (1, 64)),
        ("x", (20, 50), (1, 50)),
        ("x", (20, 3, 128), (3, 128)),
        ("data", (20, 128, 3), (3, 128)),
        ("signals", (20, 32, 32), (32, 32)),
    ],
)
def test_npz_signals(
    tmp_path: Path, key: str, shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    values = RANDOM.normal(size=shape)
    content: dict[str, Any] = {key: values, "labels": np.arange(20) % 2, "rate": np.array(250)}
    np.savez(tmp_path / "a.npz", **content)
    dataset = open_data(tmp_path / "a.npz")

    assert dataset.description.format == "NumPy signals" and dataset.description.shape == expected
    assert (
        dataset.description.classes == ("0", "1") and dataset.description.task == "classification"
    )
    preparation = dataset.description.preparation
    assert isinstance(preparation, SignalPreparation) and preparation.rate == 250

    own = (
        values.reshape(20, 1, -1)
        if len(shape) == 2
        else values.transpose(0, 2, 1)
        if shape[1] == 128
        else values
    )
    assert np.allclose(dataset.inputs, own)


@pytest.mark.parametrize(
    "shape", [(20, 9, 7), (20, 64), (20, 9, 7, 3), (20, 3, 9, 7), (20, 12, 60)]
)
def test_pictures_stay_pictures(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.savez(
        tmp_path / "a.npz", x=RANDOM.integers(0, 256, shape, dtype=np.uint8), y=np.arange(20) % 2
    )
    form = find(str(tmp_path / "a.npz"))
    assert form is not None and form.kind == "arrays"


def test_npz_splits_names_and_gaps(tmp_path: Path) -> None:
    values = RANDOM.normal(size=(30, 2, 40))
    values[4, 0, 3] = np.nan
    np.savez(
        tmp_path / "a.npz",
        signals_train=values[:20],
        labels_train=np.arange(20) % 2,
        signals_test=values[20:],
        labels_test=np.arange(10) % 2,
        classes=np.array(["calm", "quake"]),
    )

    description = open_data(tmp_path / "a.npz").description
    assert (
        description.classes == ("calm", "quake")
        and description.size("test") == 10
        and description.total == 29
    )

    assert [(item.path, item.reason) for item in description.skipped] == [
        ("signals_train #5", "it holds values that are not numbers")
    ]


def test_npz_amounts_tags_and_nothing(tmp_path: Path) -> None:
    values = RANDOM.normal(size=(40, 50)).astype(np.float32)
    np.savez(tmp_path / "a.npz", signals=values, targets=values[:, :2])
    amounts = open_data(tmp_path / "a.npz")
    assert amounts.description.task == "regression" and np.allclose(amounts.targets, values[:, :2])
    assert [amount.name for amount in amounts.description.amounts] == ["targets 1", "targets 2"]

    with pytest.raises(UserError, match="amounts in 'targets', not classes"):
        open_data(tmp_path / "a.npz", task="classification")

    tags = np.zeros((40, 3), np.int64)
    tags[np.arange(40), np.arange(40) % 3] = 1
    np.savez(tmp_path / "b.npz", signals=values, labels=tags)
    assert open_data(tmp_path / "b.npz").description.classes == (
        "0",
        "1",
        "2",
    )  # one of each: classes

    tags[:, 0] = 1
    np.savez(tmp_path / "c.npz", signals=values, labels=tags)
    several = open_data(tmp_path / "c.npz")
    assert several.description.task == "multi-label" and np.array_equal(several.targets, tags)

    np.savez(tmp_path / "d.npz", signals=values)
    assert open_data(tmp_path / "d.npz").description.task == "reconstruction"

    with pytest.raises(UserError, match="holds no labels"):
        open_data(tmp_path / "d.npz", task="classification")

    np.savez(tmp_path / "e.npz", signals=np.full((9, 50), np.nan), labels=np.arange(9) % 2)
    with pytest.raises(UserError, match="no signal of finite numbers"):
        open_data(tmp_path / "e.npz")
