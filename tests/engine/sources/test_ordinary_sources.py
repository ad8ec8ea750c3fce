"""A pipe, a socket or a device where a file of data belongs is told at once, and never waited for.

Every case runs in a process of its own that is ended when it waits.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")

LONGEST = 60
"""Seconds after which a process waits for ever."""

OPEN = """
import sys
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
for source in sys.argv[1:]:
    try:
        dataset = open_dataset(DataSettings(source=source))
        skipped = dataset.description.skipped
        print(*sorted(f"{item.path}: {item.reason}" for item in skipped), sep="; ")
    except UserError as error:
        print(error.what)
"""

PREDICT = """
import sys
from app.engine.data.dataset import Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_half, read_input
preparations = (
    ImagePreparation(8, 8, 3, "crop", (0.5,) * 3, (1.0,) * 3),
    SignalPreparation(1, 16, None, (0.0,), (1.0,)),
    TextPreparation("", 257, 8),
)
for source in sys.argv[1:]:
    for preparation in preparations:
        trained = Description("here", "data", (1,), ("a", "b"), {}, "0", preparation)
        for call in (
            lambda: read_input(source, trained, DataSettings()),
            lambda: read_half(source, preparation),
        ):
            try:
                call()
                print("was read")
            except UserError as error:
                print(error.what)
"""


def lines_of(script: str, *sources: Path) -> list[str]:
    """Returns what a script prints of these sources."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, sources)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Makes a folder `odd` with a pipe, a socket, a link to a pipe and one to a device."""
    folder = tmp_path / "odd"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(folder / "pipe")
    (folder / "device").symlink_to("/dev/zero")
    with closing(socket.socket(socket.AF_UNIX)) as server:
        here = os.open(folder, os.O_RDONLY)
        try:
            server.bind(f"/proc/self/fd/{here}/socket" if sys.platform == "linux" else "socket")
        finally:
            os.close(here)
        yield {"pipe": "a pipe", "link": "a pipe", "device": "a device", "socket": "a socket"}


SUFFIXES = (".npz", ".csv", ".txt", "-images-idx3-ubyte", ".parquet", ".xlsx")


def linked(folder: Path, suffix: str, kinds: dict[str, str]) -> dict[Path, str]:
    """Gives each of the odd files a name of this ending, and returns the names."""
    links = {folder / f"{name}{suffix}": kind for name, kind in kinds.items()}
    for name, link in zip(kinds, links, strict=True):
        link.symlink_to(folder / "odd" / name)
    return links


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_source_that_is_no_file_is_named(
    tmp_path: Path, odd: dict[str, str], suffix: str
) -> None:
    links = linked(tmp_path, suffix, odd)
    lines = lines_of(OPEN, *links)
    assert [
        kind for kind, line in zip(links.values(), lines, strict=True) if kind not in line
    ] == []


def test_predict_names_what_is_no_file(tmp_path: Path, odd: dict[str, str]) -> None:
    links = {}
    for suffix in (".npz", ".npy", ".png", ".wav", ".txt", ".csv"):
        links |= linked(tmp_path, suffix, odd)

    lines = lines_of(PREDICT, *links)
    kinds = [kind for kind in links.values() for _ in range(6)]
    assert [pair for pair in zip(kinds, lines, strict=True) if pair[0] not in pair[1]] == []


@pytest.mark.parametrize("suffix", (".png", ".wav", ".txt"))
def test_a_file_of_a_class_that_is_none_is_left_out(
    tmp_path: Path, odd: dict[str, str], suffix: str
) -> None:
    random = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(6):
            path = tmp_path / "data" / label / f"{number}{suffix}"
            if suffix == ".png":
                Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path)
            elif suffix == ".txt":
                path.write_text(f"word {label} {number}")
            else:
                write_wav(path, random.integers(-999, 999, 400))

    for name in odd:
        (tmp_path / "data" / "a" / f"{name}{suffix}").symlink_to(tmp_path / "odd" / name)

    (line,) = lines_of(OPEN, tmp_path / "data")
    assert line.split("; ") == [
        f"a/{name}{suffix}: it is not an ordinary file" for name in sorted(odd)
    ]


def write_wav(path: Path, tones: np.ndarray) -> None:
    content = tones.astype("<i2").tobytes()
    head = b"WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data"
    whole = head + len(content).to_bytes(4, "little") + content
    path.write_bytes(b"RIFF" + len(whole).to_bytes(4, "little") + whole)


def test_a_picture_list_that_names_none_leaves_it_out(tmp_path: Path, odd: dict[str, str]) -> None:
    rows = ["file,class"]
    random = np.random.default_rng(0)
    for number in range(20):
        pixels = random.integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'ab'[number % 2]}")
    for name in odd:
        (tmp_path / f"{name}.png").symlink_to(tmp_path / "odd" / name)
        rows.append(f"{name}.png,a")
    (tmp_path / "list.csv").write_text("\n".join(rows))

    (line,) = lines_of(OPEN, tmp_path / "list.csv")
    assert line.split("; ") == [
        f"{name}.png: it is {odd[name]}, not a file" for name in sorted(odd)
    ]
