"""Files of sound of every usual format, and sizes in headers that are wrong."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.engine.data import sounds
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

CASES = Path(__file__).parents[2] / "cases" / "wav"
RATE = 16_000
FRAMES = 4_000
TONE = 0.4 * np.sin(np.arange(FRAMES) / 9)


def encoded(form: str, coding: str | None = None, values: np.ndarray = TONE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, values, RATE, format=form, subtype=coding)
    return file.getvalue()


def read(path: Path, content: bytes) -> tuple[np.ndarray, sounds.SoundHeader]:
    path.write_bytes(content)
    header = sounds.read_header(path)
    values, rate = sounds.read_wave(path, header)
    assert rate == header.rate
    return values, header


def pcm(
    announced: int, file_size: int | None = None, frames: int = 2_000, rest: bytes = b""
) -> bytes:
    """Returns a WAV file of 16 bits. announced: size of its data. file_size: as the file says."""
    data = np.rint(np.sin(np.arange(frames) / 9) * 9_000).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", announced) + data + rest
    return b"RIFF" + struct.pack("<I", len(body) if file_size is None else file_size) + body


# --- formats


@pytest.mark.parametrize(
    ("form", "coding", "suffix", "error"),
    (
        ("FLAC", "PCM_16", "flac", 1e-4),
        ("FLAC", "PCM_24", "flac", 1e-4),
        ("OGG", "VORBIS", "ogg", 0.05),
        ("OGG", "OPUS", "opus", 0.05),
        ("MP3", None, "mp3", 0.05),
        ("AIFF", "PCM_16", "aif", 1e-4),
        ("AIFF", "FLOAT", "aiff", 1e-4),
        ("AIFF", "ULAW", "aifc", 0.02),
        ("AU", "ULAW", "au", 0.02),
        ("AU", "PCM_16", "snd", 1e-4),
        ("WAV", "ULAW", "wav", 0.02),
        ("WAV", "ALAW", "wav", 0.02),
        ("WAV", "IMA_ADPCM", "wav", 0.05),
        ("WAVEX", "PCM_24", "wav", 1e-4),
        ("RF64", "PCM_16", "wav", 1e-4),
        ("RF64", "FLOAT", "rf64", 1e-4),
        ("W64", "PCM_24", "w64", 1e-4),
        ("CAF", "PCM_16", "caf", 1e-4),
    ),
)
@pytest.mark.parametrize("channels", (1, 2))
def test_sounds_of_every_format_are_read(
    tmp_path: Path, form: str, coding: str | None, suffix: str, error: float, channels: int
) -> None:
    values = np.stack([TONE] * channels, axis=1)
    found, header = read(tmp_path / f"a.{suffix}", encoded(form, coding, values))

    assert header.remark == "" and header.rate == RATE
    assert found.dtype == np.float32 and found.shape == (channels, header.frames)
    middle = slice(FRAMES // 4, 3 * FRAMES // 4)  # at the ends codings lose some
    assert np.abs(found[:, middle] - TONE[middle]).max() < error


def test_what_a_sound_is_follows_from_what_it_holds(tmp_path: Path) -> None:
    found, _ = read(tmp_path / "named.wav", encoded("FLAC"))
    assert np.abs(found[0] - TONE).max() < 1e-4


@pytest.mark.parametrize("form", ("FLAC", "OGG", "MP3", "AIFF", "AU", "W64", "RF64", "CAF"))
def test_half_a_sound_breaks_off(tmp_path: Path, form: str) -> None:
    content = encoded(form)
    with pytest.raises(sounds.UnreadableSound, match=r"breaks off|cut off"):
        read(tmp_path / f"a.{form.lower()}", content[: len(content) // 2])


@pytest.mark.parametrize("start", (b"fLaC", b"OggS", b"ID3\4", b"FORM\0\0\0\0AIFF", b".snd"))
def test_what_only_begins_like_a_sound_is_damaged(tmp_path: Path, start: bytes) -> None:
    noise = np.random.default_rng(1).integers(0, 256, 500).astype(np.uint8).tobytes()
    with pytest.raises(sounds.UnreadableSound, match=r"damaged|cut off|holds no sound"):
        read(tmp_path / "a.flac", start + noise)


@pytest.mark.parametrize("suffix", ("m4a", "wma"))
def test_sounds_of_other_formats_are_called_what_they_are(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(sounds.UnreadableSound, match=f"{suffix.upper()} sounds are not read"):
        read(tmp_path / f"a.{suffix}", b"\0\0\0\x1cftypM4A music music")


def test_a_sound_that_announces_much_is_compared_with_the_free_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(encoded("FLAC", None, np.zeros(900_000)))  # some 2 KiB, 18 MB to be read
    header = sounds.read_header(path)

    monkeypatch.setattr("app.engine.data.sound_files.library.free_memory", lambda: 10 << 20)
    with pytest.raises(sounds.UnreadableSound, match=r"needs 17\.2 MiB of memory"):
        sounds.read_wave(path, header)


# --- wrong sizes


@pytest.mark.parametrize("case", ("sox_pipe", "short_by_two"))
def test_wrong_sizes_are_read_to_the_end_of_the_file(case: str) -> None:
    description = open_dataset(DataSettings(source=str(CASES / case))).description
    assert description.total == 6 and description.shape == (1, 2_000)
    assert not description.skipped
    assert any(
        "6 sounds have a wrong size in their headers: they were read to the end" in note
        for note in description.notes
    )


@pytest.mark.parametrize(
    ("content", "frames"),
    (
        (pcm(0), 2_000),
        (pcm(0x7FFFFFFF - 36), 2_000),
        (pcm(0x80000000, 0x80000024), 2_000),
        (pcm(0xFFFFFFFF - 36, 0xFFFFFFFF), 2_000),
        (pcm(4_044), 2_000),  # the header was counted
        (pcm(40_000), 2_000),  # ten times as much, and yet the file is as long as it says
        (pcm(4_002, 99), 2_000),
        (pcm(1_000, 1_036), 2_000),  # it grew after its header was written
    ),
)
def test_a_wrong_size_is_told(tmp_path: Path, content: bytes, frames: int) -> None:
    found, header = read(tmp_path / "a.wav", content)
    assert (header.remark, header.frames) == ("size", frames)
    assert np.abs(found[0] - np.sin(np.arange(frames) / 9) * 9_000 / 32_768).max() < 1e-4


@pytest.mark.parametrize(
    "rest",
    (
        b"LIST" + struct.pack("<I", 400) + b"INFOsome words" * 28 + b"12345678",
        b"id3 " + struct.pack("<I", 400) + bytes(range(100)) * 4,
        b"\0" * 500,  # up to a block of the disk
        b"TAG" + b"\x01" * 125,
        b"\x12\x34" * 20,
    ),
)
def test_what_stands_behind_a_sound_is_no_sound(tmp_path: Path, rest: bytes) -> None:
    _, header = read(tmp_path / "a.wav", pcm(4_000, rest=rest))
    assert (header.remark, header.frames) == ("", 2_000)


def test_a_wrong_size_is_told_beside_the_answer(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(pcm(0x7FFFF000))
    preparation = SignalPreparation(1, 2_000, 8_000.0, (0.0,), (1.0,))
    assert preparation.left_out_note(tmp_path / "a.wav") == (
        "The sound has a wrong size in its header: it was read to the end of the file."
    )


def test_a_stream_without_its_last_page_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    content = encoded("OGG", "OPUS", np.tile(TONE, 12))
    last = content.rindex(b"OggS")
    _, header = read(tmp_path / "a.opus", content[:last])
    assert header.remark == "end"
    assert 0 < header.frames < 12 * FRAMES


def test_an_unfinished_aiff_or_au_file_is_told(tmp_path: Path) -> None:
    content = encoded("AU")
    unknown = content[:8] + b"\xff\xff\xff\xff" + content[12:]
    found, header = read(tmp_path / "a.au", unknown)
    assert header.remark == "size" and found.shape == (1, FRAMES)

    found, header = read(tmp_path / "a.aiff", encoded("AIFF")[:-20])
    assert header.remark == "size" and found.shape == (1, FRAMES - 10)


# --- folders


def test_a_folder_of_several_formats_is_read_as_one() -> None:
    description = open_dataset(DataSettings(source=str(CASES / "flac_ogg"))).description
    assert description.kind == "signal" and description.classes == ("high", "low")
    assert description.total == 24 and not description.skipped
    assert description.shape == (1, 4_000)


def fill(folder: Path, rates: tuple[int, ...], form: str = "flac") -> Path:
    """Makes five sounds of 0.2 seconds in each of two classes, at these rates in turn."""
    for label, hertz in (("low", 200), ("high", 900)):
        (folder / label).mkdir(parents=True)
        for number in range(5):
            rate = rates[number % len(rates)]
            values = 0.5 * np.sin(2 * np.pi * (hertz + number) * np.arange(rate // 5) / rate)
            soundfile.write(folder / label / f"{number}.{form}", values, rate)

    return folder


def test_the_rate_of_the_training_holds_for_later_sounds(tmp_path: Path) -> None:
    trained = open_dataset(DataSettings(source=str(fill(tmp_path / "a", (8_000, 8_000, 16_000)))))
    preparation = trained.description.preparation
    assert isinstance(preparation, SignalPreparation) and preparation.rate == 8_000
    assert any(
        "2 of 10 sounds have another rate (16,000); they were brought to 8,000" in note
        for note in trained.description.notes
    )

    later = fill(tmp_path / "b", (44_100,), "ogg")
    dataset = open_dataset(DataSettings(source=str(later)), trained=trained.description)
    assert any(
        "10 of 10 sounds have another rate (44,100); they were brought to 8,000 samples a second "
        "as in training" in note
        for note in dataset.description.notes
    )

    path = later / "low" / "3.ogg"
    (raw,) = read_input(path, trained.description, DataSettings()).raws
    row = list(dataset.names).index("low/3.ogg")
    np.testing.assert_array_equal(preparation.array(raw), dataset.inputs[row])
    assert "from 44,100 to 8,000 samples" in preparation.left_out_note(raw)

    wanted = 0.5 * np.sin(2 * np.pi * 203 * np.arange(1_600) / 8_000)
    assert np.abs(dataset.inputs[row][0] - wanted)[100:-100].max() < 0.05


def test_sounds_that_are_not_read_are_told(tmp_path: Path) -> None:
    source = fill(tmp_path / "a", (8_000,), "mp3")
    (source / "low" / "song.m4a").write_bytes(b"\0\0\0\x1cftypM4A ")

    description = open_dataset(DataSettings(source=str(source))).description
    assert [(item.path, item.reason) for item in description.skipped] == [
        ("low/song.m4a", "M4A sounds are not read; save it as WAV, FLAC or Ogg")
    ]


# --- channels


def stereo(folder: Path, second: float) -> Path:
    """Fills a folder with sounds of two channels. second: by which the first is multiplied."""
    for label, pitch in (("high", 3), ("low", 9)):
        (folder / label).mkdir(parents=True)
        for number in range(6):
            tone = 0.4 * np.sin(np.arange(800) / pitch + number)
            values = np.stack([tone, second * tone], 1)
            soundfile.write(folder / label / f"{number}.wav", values, 8_000)

    return folder


@pytest.mark.parametrize("second", [-1, -0.99])
def test_channels_that_cancel_each_other_out_are_not_lost(tmp_path: Path, second: float) -> None:
    source = stereo(tmp_path / "sounds", second)
    dataset = open_dataset(DataSettings(source=str(source)))
    notes = " ".join(dataset.description.notes)
    assert "The channels of 12 sounds cancel each other out, such as those of" in notes
    assert dataset.inputs.std() == pytest.approx(0.4 / 2**0.5, rel=0.02)

    preparation = dataset.description.preparation
    file = source / "high" / "0.wav"
    assert (preparation.array(file) == dataset.inputs[0]).all()
    assert "Its channels cancel each other out" in preparation.left_out_note(file)


@pytest.mark.parametrize("second", [0, 1, -0.5])
def test_other_channels_are_mixed(tmp_path: Path, second: float) -> None:
    source = stereo(tmp_path / "sounds", second)
    dataset = open_dataset(DataSettings(source=str(source)))
    assert not any("cancel" in note for note in dataset.description.notes)
    spread = 0.4 / 2**0.5 * (1 + second) / 2
    assert dataset.inputs.std() == pytest.approx(spread, rel=0.02)
    assert dataset.description.preparation.left_out_note(source / "low" / "3.wav") == ""


def test_another_rate_is_told_beside_the_answer(tmp_path: Path) -> None:
    dataset = open_dataset(DataSettings(source=str(fill(tmp_path / "sounds", (8_000,)))))
    preparation = dataset.description.preparation
    for rate in (8_000, 11_025, 44_100):
        soundfile.write(tmp_path / "later.flac", TONE, rate)
        told = preparation.left_out_note(tmp_path / "later.flac")
        changed = f"It was brought from {rate:,} to 8,000 samples a second."
        assert told == ("" if rate == 8_000 else changed)
