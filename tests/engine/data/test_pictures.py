"""Pictures are decoded with their tones and upright; every bad file gets a reason."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.engine.data.pictures import UnreadablePicture, decode, measure
from app.engine.data.tones import Tones
from tests.rights import without_rights

if TYPE_CHECKING:
    from pathlib import Path

RAMP = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)


def distinct(image: Image.Image) -> int:
    return len(np.unique(np.asarray(image)))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_16_bit_pictures_keep_their_tones(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(RAMP).save(tmp_path / f"deep{suffix}")
    result = decode(tmp_path / f"deep{suffix}")
    assert result.mode == "L"
    assert distinct(result) >= 250
    assert result.info["remarks"] == ("deep",)


@pytest.mark.parametrize(
    "values",
    [
        RAMP.astype(">u2"),
        RAMP.astype(np.int32),
        (RAMP // 257).astype(np.int32),
        (RAMP / 65535).astype(np.float32),
        (RAMP / 257.0).astype(np.float32),
        RAMP.astype(np.float32),
        (RAMP.astype(np.float32) - 30000) / 7,
        (RAMP >> 4).astype(np.uint16),
    ],
    ids=["I;16B", "I", "I small", "F 0..1", "F 0..255", "F 0..65535", "F any", "12 bits"],
)
def test_other_number_types_keep_their_tones(tmp_path: Path, values: np.ndarray) -> None:
    if values.dtype == ">u2":
        image = Image.frombytes("I;16B", (16, 16), values.tobytes())
    else:
        image = Image.fromarray(values)

    image.save(tmp_path / "deep.tif")
    assert distinct(decode(tmp_path / "deep.tif")) >= 250


def test_values_that_are_no_numbers_become_black() -> None:
    values = np.array([np.nan, np.inf, 1.0, 0.5])
    assert Tones(0, 1).to_bytes(values).tolist() == [0, 0, 255, 128]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_exif_rotation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{suffix}"
    Image.new("RGB", (20, 10), "red").save(path, exif=exif)
    expected = (10, 20) if orientation >= 5 else (20, 10)

    assert decode(path).size == expected
    assert measure(path) == expected[::-1]


def test_exif_6_turns_clockwise(tmp_path: Path) -> None:
    image = Image.new("RGB", (20, 10), "black")
    image.paste("white", (0, 0, 10, 10))  # the left half, on top after a quarter turn clockwise
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    pixels = np.asarray(decode(tmp_path / "turned.png").convert("L"))

    assert pixels[:10].min() == 255 and pixels[10:].max() == 0


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_lies_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    if mode == "P":
        image = Image.new("P", (8, 8), 0)
        image.putpalette([255, 0, 0])
        image.save(tmp_path / "clear.png", transparency=0)
    else:
        image.convert(mode).save(tmp_path / "clear.png")

    result = decode(tmp_path / "clear.png")
    assert result.mode == ("L" if mode == "LA" else "RGB")
    assert np.asarray(result).min() == 255
    assert result.info["remarks"] == ("transparent",)


@pytest.mark.parametrize(
    ("mode", "suffix", "expected"),
    [
        ("L", ".png", "L"),
        ("RGB", ".bmp", "RGB"),
        ("1", ".png", "L"),
        ("P", ".gif", "RGB"),
        ("CMYK", ".jpg", "RGB"),
        ("YCbCr", ".jpg", "RGB"),
        ("LAB", ".tif", "RGB"),
        ("RGB", ".webp", "RGB"),
        ("RGB", ".ppm", "RGB"),
    ],
)
def test_every_mode_becomes_grey_or_colour(
    tmp_path: Path, mode: str, suffix: str, expected: str
) -> None:
    Image.new("RGB", (9, 7), (200, 200, 200)).convert(mode).save(tmp_path / f"a{suffix}")
    result = decode(tmp_path / f"a{suffix}")
    assert (result.mode, result.size) == (expected, (9, 7))
    assert 190 <= np.asarray(result).mean() <= (255 if mode == "1" else 210)


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("lime", "red")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    result = decode(tmp_path / "moving.gif")
    assert result.info["remarks"] == ("animated",)
    assert result.convert("RGB").getpixel((0, 0)) == (0, 255, 0)


def test_bytes_and_open_files_are_decoded_alike() -> None:
    buffer = io.BytesIO()
    Image.new("L", (5, 4), 77).save(buffer, "PNG")
    assert decode(buffer.getvalue()).size == (5, 4)
    buffer.seek(0)

    assert np.asarray(decode(buffer)).mean() == 77


def test_large_jpegs_are_reduced_while_decoding_but_not_below_the_detail(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 3000), "teal").save(tmp_path / "photo.jpg")
    assert min(decode(tmp_path / "photo.jpg", detail=448).size) >= 448
    assert decode(tmp_path / "photo.jpg", detail=3000).size == (4000, 3000)


def enormous_png(path: Path) -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )


def test_bad_files_have_reasons(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(whole, "JPEG")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "cut.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (tmp_path / "text.jpg").write_text("this is a letter", encoding="utf-8")
    (tmp_path / "hidden.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    enormous_png(tmp_path / "bomb.png")

    expected = {
        "empty.jpg": "empty",
        "cut.jpg": "cut off",
        "text.jpg": "is not a PNG",
        "hidden.png": "is not a PNG",
        "bomb.png": "pixels",
        "missing.png": "not there",
    }
    for name, word in expected.items():
        with pytest.raises(UnreadablePicture) as caught:
            decode(tmp_path / name)
        assert word in caught.value.reason, name

    with pytest.raises(UnreadablePicture):
        measure(tmp_path / "bomb.png")


def test_no_damage_raises_anything_but_unreadable(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    image = Image.effect_noise((24, 24), 80)
    for form in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM"):
        buffer = io.BytesIO()
        image.save(buffer, form)

        for _ in range(40):
            content = bytearray(buffer.getvalue())
            for _ in range(6):
                content[random.integers(len(content))] = random.integers(256)

            try:
                assert decode(bytes(content)).mode in ("L", "RGB")
            except UnreadablePicture as error:
                assert error.reason


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix permissions")
def test_no_permission_is_a_reason(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "secret.png")
    (tmp_path / "secret.png").chmod(0)
    script = (
        "import sys; from app.engine.data.pictures import *\n"
        "try: decode(sys.argv[1])\n"
        "except UnreadablePicture as error: print(error.reason)"
    )

    command = without_rights([sys.executable, "-c", script, str(tmp_path / "secret.png")])
    done = subprocess.run(command, capture_output=True, text=True)
    assert "no permission" in done.stdout, done.stderr


def test_more_pixels_than_the_memory_holds_are_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGBA", (1_200, 1_000)).save(tmp_path / "large.png")
    assert decode(tmp_path / "large.png").size == (1_200, 1_000)

    monkeypatch.setattr("app.engine.data.picture_files.opening.free_memory", lambda: 18 << 20)
    assert measure(tmp_path / "large.png") == (1_000, 1_200)
    with pytest.raises(UnreadablePicture) as caught:
        decode(tmp_path / "large.png")
    assert caught.value.reason == "it does not fit into memory"


def test_a_file_beyond_the_memory_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.webp")
    with (tmp_path / "a.webp").open("ab") as file:
        file.truncate(20 << 20)

    monkeypatch.setattr("app.engine.data.picture_files.opening.free_memory", lambda: 18 << 20)
    for read in (decode, measure):
        with pytest.raises(UnreadablePicture) as caught:
            read(tmp_path / "a.webp")
        assert caught.value.reason == "it does not fit into memory"


def test_only_the_first_page_of_many_is_read(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 4), 10 * page) for page in range(5)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    pages[3].save(tmp_path / "one.tif")

    many = decode(tmp_path / "pages.tif")
    assert many.info["remarks"] == ("pages",)
    assert np.asarray(many).max() == 0
    one = decode(tmp_path / "one.tif")
    assert one.info["remarks"] == ()
    assert np.asarray(one).min() == 30


def test_a_name_that_no_file_can_have_is_a_reason() -> None:
    with pytest.raises(UnreadablePicture) as caught:
        decode("a\0b.png")
    assert caught.value.reason == "it is not there"
