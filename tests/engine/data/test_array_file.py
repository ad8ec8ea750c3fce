"""What an NPY or NPZ file announces is compared with what it holds, and with free memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data.array_file import open_arrays
from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal

HUGE = 1 << 61


def npy(header: str, content: bytes = b"", announced: int | None = None) -> bytes:
    """Returns an NPY file of version 2 with this header, which may announce another length."""
    length = len(header) if announced is None else announced
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", length) + header.encode() + content


def header_of(shape: str, dtype: str = "'<f4'") -> str:
    return f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}}}\n"


def archive(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", content)
    return path


def read(path: Path) -> dict[str, np.ndarray]:
    with open_arrays(path) as file:
        return {array.key: file.read(array) for array in file.headers()}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_an_archive_are_read(
    tmp_path: Path, save: Callable[..., None], order: Literal["C", "F"]
) -> None:
    x = np.asarray(np.arange(24.0).reshape(2, 3, 4), order=order)
    save(tmp_path / "a.npz", x=x, names=np.array(["no", "yes"]), n=np.int64(7))
    arrays = read(tmp_path / "a.npz")

    assert np.array_equal(arrays["x"], x)
    assert arrays["names"].tolist() == ["no", "yes"]
    assert arrays["n"] == 7


def test_the_array_of_an_npy_file_is_called_like_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))
    assert read(tmp_path / "a.npy")["a"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "content",
    (
        npy(header_of("(1000,)"), bytes(400)),
        npy(header_of("(10,)"), bytes(400)),
        npy(header_of(f"({HUGE},)"), bytes(400)),
        npy(header_of(f"({HUGE}, {HUGE})"), bytes(400)),
        npy(header_of("(-1, -100)"), bytes(400)),
        npy(header_of("(-100,)"), bytes(400)),
        npy(header_of("(100000000000,)", "'S0'")),
        npy(header_of("(100, 2.5)"), bytes(400)),
        npy(header_of("(3,)", "('<f4', (10000, 10000))"), bytes(400)),
        npy(header_of("(3,)", "'<f99'"), bytes(400)),
        npy("-" * 9000),
        npy("(" * 9000),
        npy("", announced=0xFFFFFFFF),
        npy(header_of("(100,)"), announced=5),
        b"\x93NUMPY\x09\x09",
        b"\x93NUM",
        b"",
    ),
)
@pytest.mark.parametrize("packed", [True, False], ids=["npz", "npy"])
def test_what_announces_anything_else_than_it_holds_is_damaged(
    tmp_path: Path, content: bytes, packed: bool
) -> None:
    path = tmp_path / "a.npz"
    path = archive(path, content) if packed else path.with_suffix(".npy")
    if not packed:
        path.write_bytes(content)

    tracemalloc.start()
    with pytest.raises(UserError, match="damaged") as caught:
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert path.name in caught.value.what and caught.value.remedy
    assert peak < 50 << 20


def test_a_long_header_is_not_unpacked(tmp_path: Path) -> None:
    content = b"\x93NUMPY\x02\x00" + struct.pack("<I", 200 << 20) + bytes(200 << 20)
    path = archive(tmp_path / "a.npz", content)
    del content

    tracemalloc.start()
    with pytest.raises(UserError, match="damaged"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert path.stat().st_size < 1 << 20
    assert peak < 20 << 20


def test_more_than_the_free_memory_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((100, 64, 64, 64), np.uint8))
    monkeypatch.setattr("app.engine.free_memory.free_memory", lambda: 20 << 20)

    with pytest.raises(UserError, match="says that it holds 25 MiB of numbers"):
        read(tmp_path / "a.npz")


def test_a_flipped_bit_of_an_archive_is_never_used(tmp_path: Path) -> None:
    x = np.arange(64, dtype=np.float32)
    np.savez(tmp_path / "a.npz", x=x)
    whole = (tmp_path / "a.npz").read_bytes()

    used = []
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        (tmp_path / "b.npz").write_bytes(content)
        try:
            arrays = read(tmp_path / "b.npz")
        except UserError as error:
            assert "b.npz" in error.what
        else:
            used += [key for key, array in arrays.items() if not np.array_equal(array, x)]

    assert not used


def test_python_objects_are_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}, None], dtype=object))
    for path in (tmp_path / "a.npy", tmp_path / "a.npz"):
        path.write_bytes(buffer.getvalue())
        if path.suffix == ".npz":
            archive(path, buffer.getvalue())
        with pytest.raises(UserError, match="can run code"):
            read(path)
