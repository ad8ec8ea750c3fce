"""Plain PNG files are read in a short way, to the same pixels; all others in the usual one."""

from __future__ import annotations

import io
import random
import struct
import threading
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from app.engine.data.picture_files.plain_png import LARGEST, read_plain_png
from app.engine.data.pictures import UnreadablePicture, decode
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.cache import Cache
from app.engine.sources.decoding.threads import in_threads, next_size
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(5)


def png(mode: str = "RGB", size: tuple[int, int] = (9, 6), **more: Any) -> bytes:
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else (size[1], size[0])
    smooth = np.cumsum(RANDOM.integers(0, 9, shape), axis=0).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(smooth).save(file, "PNG", **more)
    return file.getvalue()


def with_chunk(content: bytes, name: bytes, data: bytes, before: bytes = b"IDAT") -> bytes:
    at = content.index(before) - 4
    chunk = struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return content[:at] + chunk + content[at:]


def usual(content: bytes) -> np.ndarray:
    return np.asarray(decode(content))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(1, 1), (9, 6), (32, 32), (300, 2)])
def test_plain_files_have_the_same_pixels(mode: str, size: tuple[int, int]) -> None:
    for level in (0, 9):
        content = png(mode, size, compress_level=level)
        pixels = read_plain_png(content)
        assert pixels is not None and np.array_equal(pixels, usual(content))

    data = content[content.index(b"IDAT") + 4 : -16]
    whole = content[: content.index(b"IDAT") - 4] + content[-12:]
    in_parts = with_chunk(with_chunk(whole, b"IDAT", data[:5], b"IEND"), b"IDAT", data[5:], b"IEND")
    assert np.array_equal(read_plain_png(in_parts), usual(content))


def test_what_is_not_plain_is_left_to_the_usual_way() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x")
    content = png()
    others = [
        b"",
        content[:8],
        content[:-1],
        content[: len(content) // 2],
        content + b"x",
        png("RGBA"),
        png("LA"),
        png(pnginfo=text),
        png(transparency=(1, 2, 3)),
        png(dpi=(72, 72)),
        with_chunk(content, b"eXIf", b"MM\0*\0\0\0\x08\0\0", b"IEND"),
        with_chunk(content, b"abCd", b"?"),
        png(size=(600, 600)),
        content.replace(b"IHDR", b"IHDX"),
    ]
    sixteen = io.BytesIO()
    Image.fromarray(RANDOM.integers(0, 60_000, (6, 9)).astype(np.uint16)).save(sixteen, "PNG")
    palette = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("P").save(palette, "PNG")
    for other in (*others, sixteen.getvalue(), palette.getvalue()):
        assert read_plain_png(other) is None


def test_a_damaged_file_is_never_read_as_another_picture() -> None:
    changes = random.Random(2)
    read = 0
    for _ in range(1_500):
        content = bytearray(png(changes.choice(["L", "RGB"])))
        content[changes.randrange(len(content))] = changes.randrange(256)
        pixels = read_plain_png(bytes(content))
        if pixels is not None:
            read += 1
            assert np.array_equal(pixels, usual(bytes(content)))

    assert read  # such as those whose checksum alone changed


def test_a_folder_is_read_the_same_in_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in "ab":
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for number in range(70):
            mode = "RGB" if number % 5 else ("L", "RGBA", "LA")[number % 3]
            size = (9, 6) if number % 7 else (12, 8)
            content = png(mode, size)
            if number == 13:
                content = content[: len(content) // 2]
            if number == 14:
                content = content + bytes(LARGEST)
            (tmp_path / "pictures" / label / f"{number}.png").write_bytes(content)

    settings = [
        DataSettings(source=str(tmp_path / "pictures"), height=6, width=9, colour=colour)
        for colour in ("colour", "grey", None)
    ]
    short = [open_dataset(one, cache=Cache(tmp_path / "first")) for one in settings]
    monkeypatch.setattr("app.engine.sources.picture_list.read_plain_png", lambda _: None)
    for one, expected in zip(settings, short, strict=True):
        dataset = open_dataset(one, cache=Cache(tmp_path / "second"))
        assert np.array_equal(dataset.inputs, expected.inputs)
        assert dataset.description == expected.description
        assert dataset.description.skipped


def test_threads_hand_on_in_order_and_name_what_fails() -> None:
    assert list(in_threads(lambda row: row * row, 1_000)) == [(n, n * n) for n in range(1_000)]
    assert list(in_threads(lambda row: row, 0)) == []

    def fails(row: int) -> int:
        if row == 300:
            raise UnreadablePicture("it is damaged")
        return row

    with pytest.raises(UnreadablePicture):
        list(in_threads(fails, 400))

    rows = in_threads(lambda row: row, 10_000)
    assert next(rows) == (0, 0)
    rows.close()


def test_as_many_rows_as_asked_for_are_done_while_nobody_takes_one() -> None:
    done: set[int] = set()
    enough = threading.Event()

    def slow(row: int) -> int:
        done.add(row)
        if len(done) >= 200:
            enough.set()
        return row

    rows = in_threads(slow, 10_000, least_ahead=200)
    assert next(rows) == (0, 0) and enough.wait(60)
    rows.close()
    assert max(done) < 1_000, "but not all of them, which might not fit into memory"


def test_a_thread_gets_less_where_a_picture_takes_long() -> None:
    assert next_size(1, 0.0) == 2 and next_size(64, 0.001) == 64
    assert next_size(8, 0.5) == 1 and next_size(64, 0.02) == 32
