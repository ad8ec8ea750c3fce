"""Formats of pictures beyond the usual ones, and upright pictures measured as they are decoded."""

from __future__ import annotations

import importlib.util
import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.data.picture_files import formats
from app.engine.data.pictures import UnreadablePicture, decode, measure
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

HEIC = struct.pack(">I", 24) + b"ftypheic" + b"\0\0\0\0mif1heic" + b"\0" * 80
SHARED_BRAND = struct.pack(">I", 24) + b"ftypmif1" + b"\0\0\0\0mif1heic" + b"\0" * 80
JXL = b"\xff\x0a" + b"\0" * 80
JXL_BOX = b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 80


def reason_of(content: bytes) -> str:
    with pytest.raises(UnreadablePicture) as caught:
        decode(content)
    return caught.value.reason


@pytest.fixture
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the plug-ins of Pillow look as if they were not installed."""
    found = importlib.util.find_spec
    plugins = {module for module, _, _ in formats.PLUGINS.values()}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name in plugins else found(name)
    )
    monkeypatch.setattr(formats, "_loaded", formats._loaded.__wrapped__)


def test_avif_pictures_are_read(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / "ab"[number % 2] / f"{number}.avif"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (12, 12), (200, 20 * number, 10)).save(path, quality=95)

    description = open_dataset(DataSettings(source=str(tmp_path))).description
    assert description.total == 6 and not description.skipped


@pytest.mark.usefixtures("no_plugins")
@pytest.mark.parametrize(
    ("content", "words"),
    (
        (HEIC, "HEIC pictures are read where 'pillow-heif' is installed"),
        (SHARED_BRAND, "HEIC pictures are read where 'pillow-heif' is installed"),
        (JXL, "JPEG XL pictures are read where 'pillow-jxl-plugin' is installed"),
        (JXL_BOX, "JPEG XL pictures are read where 'pillow-jxl-plugin' is installed"),
    ),
)
def test_a_plug_in_that_is_missing_is_asked_for_by_name(content: bytes, words: str) -> None:
    assert words in reason_of(content)


@pytest.mark.usefixtures("no_plugins")
def test_a_telephones_pictures_are_told_in_a_folder(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (12, 12), (200, 20 * number, 10)).save(path)
    (tmp_path / "a" / "IMG_1.HEIC").write_bytes(HEIC)
    (tmp_path / "b" / "art.psd").write_bytes(b"8BPS")

    skipped = open_dataset(DataSettings(source=str(tmp_path))).description.skipped
    assert {item.path: item.ignored for item in skipped} == {
        "a/IMG_1.HEIC": False,
        "b/art.psd": False,
    }
    reasons = " ".join(item.reason for item in skipped)
    assert "pip install pillow-heif" in reasons and "PSD pictures are not read" in reasons


def test_a_damaged_plug_in_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formats.PLUGINS, "HEIF", ("app.engine.data.names", "HEIC", "pillow-heif"))
    monkeypatch.setattr(formats, "_loaded", formats._loaded.__wrapped__)
    assert "pillow-heif" in reason_of(HEIC)


# --- orientation


def halves(orientation: int | None) -> tuple[Image.Image, Image.Exif]:
    """Returns a picture of 20 × 10, black on the left and white on the right."""
    values = np.zeros((10, 20), np.uint8)
    values[:, 10:] = 255
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    return Image.fromarray(values).convert("RGB"), exif


@pytest.mark.parametrize("form", ("PNG", "WEBP", "AVIF", "TIFF", "JPEG"))
@pytest.mark.parametrize("orientation", (None, 1, 2, 3, 4, 5, 6, 7, 8))
def test_pictures_are_measured_as_they_are_decoded(form: str, orientation: int | None) -> None:
    picture, exif = halves(orientation)
    file = io.BytesIO()
    picture.save(file, form, exif=exif)
    content = file.getvalue()

    decoded = np.asarray(decode(content).convert("L"))
    assert measure(content) == decoded.shape
    assert decoded.shape == ((20, 10) if orientation in (5, 6, 7, 8) else (10, 20))

    # Where the left side, which is black, is found: EXIF 2.32, table 6.
    left, right, top, bottom = decoded[5, 1], decoded[5, -2], decoded[1, 5], decoded[-2, 5]
    black = {None: left, 1: left, 2: right, 3: right, 4: left, 5: top, 6: top, 7: bottom, 8: bottom}
    assert black[orientation] < 60


def test_the_orientation_behind_the_pixels_of_a_png_counts() -> None:
    picture, exif = halves(6)
    file = io.BytesIO()
    picture.save(file, "PNG")
    content = file.getvalue()

    data = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = b"eXIf" + data
    late = struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    moved = content[:-12] + late + content[-12:]
    assert measure(moved) == decode(moved).size[::-1] == (20, 10)


def test_pages_of_a_rotated_tiff_are_upright_in_a_projection(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pages = [Image.fromarray(np.full((10, 20), tone, np.uint8)) for tone in (5, 9)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], exif=exif)

    assert measure(tmp_path / "a.tif") == (20, 10)
    assert decode(tmp_path / "a.tif").size == (10, 20)
    assert np.asarray(decode(tmp_path / "a.tif", page="maximum")).min() == 9
