"""Colours and transparency of 16 bits a channel keep all of them, in every form of file."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.pictures import UnreadablePicture, decode, is_deep
from app.engine.data.tones import Tones
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(8)
COLOURS = RANDOM.integers(0, 65_536, (9, 7, 3), np.uint16)
WHOLE = Tones(0, 65_535)


def png(values: np.ndarray) -> bytes:
    """Returns a PNG of values (H, W, C) of 16 bits; its rows have every kind of filter in turn."""
    height, width, channels = values.shape
    rows = values.astype(">u2").reshape(height, -1).view(np.uint8).astype(int)
    step = 2 * channels
    lines = []
    for row, line in enumerate(rows):
        above = rows[row - 1] if row else np.zeros_like(line)
        left = np.concatenate([np.zeros(step, int), line[:-step]])
        corner = np.concatenate([np.zeros(step, int), above[:-step]])
        far = [abs(left + above - corner - near) for near in (left, above, corner)]
        nearest = np.choose(np.argmin(far, axis=0), [left, above, corner])
        guess = (np.zeros_like(line), left, above, (left + above) // 2, nearest)[row % 5]
        lines.append(bytes([row % 5]) + ((line - guess) % 256).astype(np.uint8).tobytes())

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    parts = (
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"".join(lines))),
        chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(
    values: np.ndarray,
    order: str = "<",
    packed: bool = False,
    planar: bool = False,
    rows: int = 0,
    orientation: int = 1,
) -> bytes:
    """Returns a TIFF of values (H, W, C) of 16 bits. rows: of a strip, 0 for all."""
    height, width, channels = values.shape
    rows = rows or height
    planes = [values[..., [band]] for band in range(channels)] if planar else [values]
    strips = [
        plane[top : top + rows].astype(f"{order}u2").tobytes()
        for plane in planes
        for top in range(0, height, rows)
    ]
    strips = [zlib.compress(strip) for strip in strips] if packed else strips
    tags: list[tuple[int, int, list[int]]] = [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [16] * channels),
        (259, 3, [8 if packed else 1]),
        (262, 3, [2]),
        (273, 4, [8 + sum(map(len, strips[:index])) for index in range(len(strips))]),
        (274, 3, [orientation]),
        (277, 3, [channels]),
        (278, 4, [rows]),
        (279, 4, [len(strip) for strip in strips]),
        (284, 3, [2 if planar else 1]),
    ]
    tags += [(338, 3, [2])] if channels == 4 else []
    body = b"".join(strips)
    start = 8 + len(body)
    entries = b""
    behind = start + 2 + 12 * len(tags) + 4
    more = b""
    for tag, kind, numbers in tags:
        data = struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(data) > 4:
            more, data = more + data, struct.pack(f"{order}I", behind + len(more))
        entries += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + data.ljust(4, b"\0")

    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    directory = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    return head + body + directory + more


def values_of(content: bytes) -> np.ndarray:
    """Returns the values (H, W, C) that are decoded, of 16 bits."""
    picture = decode(content, tones=WHOLE, exact=True)
    assert "deep" in picture.info["remarks"] and "wide" not in picture.info["remarks"]
    exact = picture.info["exact"]
    return np.rint((np.asarray(picture) if exact is None else exact) * 257.0).astype(np.uint16)


@pytest.mark.parametrize(
    ("order", "packed", "planar", "rows"),
    [
        form
        for form in itertools.product("<>", (False, True), (False, True), (0, 4))
        if sum(form[1:3]) < 2
    ],
)
def test_every_bit_of_a_tiff_is_read(order: str, packed: bool, planar: bool, rows: int) -> None:
    content = tiff(COLOURS, order, packed, planar, rows)
    assert is_deep(content)
    assert np.array_equal(values_of(content), COLOURS)


def test_every_bit_of_a_png_is_read() -> None:
    assert is_deep(png(COLOURS))
    assert np.array_equal(values_of(png(COLOURS)), COLOURS)


@pytest.mark.parametrize("largest", [65_535, 1_023])
def test_a_pixmap_is_read_up_to_its_largest_value(largest: int) -> None:
    values = COLOURS.astype(np.uint32) * largest // 65_535
    content = b"P6 7 9 %d\n" % largest + values.astype(">u2").tobytes()
    wanted = np.rint(values * (65_535 / largest)).astype(int)
    assert np.abs(values_of(content).astype(int) - wanted).max() <= 1
    with pytest.raises(UnreadablePicture, match="cut off"):
        decode(content[:-5])


@pytest.mark.parametrize("make", [png, tiff])
def test_transparency_lies_on_white(make: Any) -> None:
    alpha = np.full((9, 7, 1), 65_535, np.uint16)
    clear = np.concatenate([COLOURS, alpha], axis=2)
    assert np.array_equal(values_of(make(clear)), COLOURS)

    alpha[4:] = 0
    alpha[2] = 32_768
    seen = values_of(make(np.concatenate([COLOURS, alpha], axis=2))).astype(int)
    assert (seen[4:] == 65_535).all()
    assert np.abs(seen[2] - (COLOURS[2].astype(int) + 65_535) / 2).max() <= 1


def test_grey_with_transparency_stays_grey() -> None:
    values = np.concatenate([COLOURS[..., :1], np.full((9, 7, 1), 65_535, np.uint16)], axis=2)
    assert np.array_equal(values_of(png(values)), COLOURS[..., 0])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("planar", [False, True])
def test_a_turned_tiff_is_upright(orientation: int, planar: bool) -> None:
    pixels = (COLOURS >> 8).astype(np.uint8)
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels).save(stream, "PNG", exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(stream)))
    values = values_of(tiff(COLOURS, planar=planar, orientation=orientation))
    assert np.array_equal(values >> 8, upright)


def test_packed_planes_keep_8_bits_and_it_is_told() -> None:
    picture = decode(tiff(COLOURS, packed=True, planar=True))
    assert np.array_equal(np.asarray(picture), COLOURS >> 8)
    assert picture.info["remarks"] == ("wide",)


def test_a_wide_picture_that_breaks_off_is_damaged() -> None:
    for content in (png(COLOURS)[:-60], tiff(COLOURS)[:100], tiff(COLOURS, planar=True)[:100]):
        with pytest.raises(UnreadablePicture):
            decode(content)


def test_a_data_set_has_one_range_and_keeps_its_dark_tones(tmp_path: Path) -> None:
    for name, base in (("dim", 300), ("bright", 3_000)):
        (tmp_path / name).mkdir()
        for number in range(12):
            values = base + RANDOM.integers(0, 64, (8, 8, 3), np.uint16) + number
            content = png(values) if number % 2 else tiff(values)
            (tmp_path / name / f"{number}.{'png' if number % 2 else 'tif'}").write_bytes(content)

    dataset = open_dataset(DataSettings(source=str(tmp_path)))
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation)
    assert (preparation.depth, preparation.channels) == (16, 3)
    assert preparation.tones == Tones(0, 4_095)

    row = dataset.description.classes.index("dim")
    dim = dataset.inputs[dataset.targets == row] * (4_095 / 65_535)
    assert dim.min() >= 299 and dim.max() <= 300 + 64 + 12 and len(np.unique(dim)) > 50

    path = tmp_path / "dim" / "3.png"
    found = read_input(path, dataset.description, DataSettings())
    again = preparation.array(preparation.decoded(path))
    assert len(found.raws) == 1
    assert any(np.array_equal(again, stored) for stored in dataset.inputs)
