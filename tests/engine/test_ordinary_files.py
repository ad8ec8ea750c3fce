"""What is no ordinary file is refused at once, and foreign readers raise one kind of error."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from app.engine import files, free_memory
from app.engine.errors import UserError
from app.engine.files import NotRegular, TooLarge, open_regular, read_regular
from app.engine.foreign import foreign_reader

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


class Damaged(Exception):
    """What the tests make of a foreign reader's error."""


def test_an_ordinary_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")

    assert read_regular(path, 10) == b"0123456789"
    with open_regular(path) as file:
        assert file.read(4) == b"0123"


def test_a_file_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")

    with pytest.raises(TooLarge):
        read_regular(path, 9)


@UNIX
def test_what_is_no_ordinary_file_is_named_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        (tmp_path / "link").symlink_to(tmp_path / "pipe")

        for path, kind in (
            (tmp_path / "pipe", "a pipe"),
            (tmp_path / "link", "a pipe"),
            (tmp_path / "socket", "a socket"),
            (tmp_path, "a folder"),
            (Path("/dev/zero"), "a device"),
        ):
            with pytest.raises(NotRegular) as caught:
                open_regular(path)
            assert kind in files.disk_error(caught.value, path).what


def test_more_than_the_free_memory_is_refused(tmp_path: Path) -> None:
    free_memory.require_memory(1 << 20, tmp_path / "small.wav")
    with pytest.raises(UserError, match=r"says that it holds .* of sound"):
        free_memory.require_memory(1 << 60, tmp_path / "huge.wav", "sound")


@UNIX
def test_the_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("3000\n")
    monkeypatch.setattr(free_memory, "CONTAINER", tmp_path)

    assert free_memory.free_memory() == 2000


def test_whatever_a_foreign_reader_raises_is_one_kind_of_error() -> None:
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})

    for error in (
        ValueError("two\nlines"),
        ZeroDivisionError(),
        panic("index out of bounds"),
        OSError("image file is truncated"),
        OSError(22, "a place before the beginning of the file"),
    ):
        with pytest.raises(Damaged), foreign_reader(Damaged):
            raise error


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), MemoryError(), OSError(5, "no disk"), NotRegular(22, "a pipe")]
)
def test_what_says_something_else_than_damaged_passes(error: BaseException) -> None:
    with pytest.raises(type(error)), foreign_reader(Damaged):
        raise error
