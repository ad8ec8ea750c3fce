"""Every file is opened for reading by `open_regular`, and foreign readers get the open file.

By a path a pipe would be waited for, and a device read for ever.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.house.import_graph import ROOT, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPENERS = {"open_regular", "BytesIO", "StringIO", "BufferReader"}
"""What makes an open file."""

FUNCTIONS = {
    "open",
    "io.open",
    "io.open_code",
    "io.FileIO",
    "os.open",
    "os.fdopen",
    "os.popen",
    "codecs.open",
    "tokenize.open",
    "mmap.mmap",
    "fileinput.input",
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.copytree",
    "np.fromfile",
    "np.memmap",
    "np.loadtxt",
    "np.genfromtxt",
    "np.lib.format.open_memmap",
    "pickle.load",
    "torch.load",
    "torch.from_file",
    "safe_open",
    "safetensors.safe_open",
    "load_file",
    "safetensors.torch.load_file",
    "soundfile.read",
    "lzma.LZMAFile",
    "bz2.BZ2File",
    "tarfile.open",
    "sqlite3.connect",
    "Tokenizer.from_file",
    "QFile",
    "QImageReader",
    "QSvgRenderer",
    "QFontDatabase.addApplicationFont",
}
"""Functions that read a file by its path, or a handle that `open_regular` did not make."""

READERS = {
    "np.load",
    "Image.open",
    "zipfile.ZipFile",
    "ZipFile",
    "gzip.open",
    "gzip.GzipFile",
    "lzma.open",
    "bz2.open",
    "wave.open",
    "tomllib.load",
    "json.load",
    "pq.ParquetFile",
    "pyarrow.parquet.ParquetFile",
    "parquet.ParquetFile",
    "pyarrow.csv.open_csv",
    "csv.open_csv",
    "csv.read_csv",
    "pyarrow.csv.read_csv",
    "pa_csv.open_csv",
    "pa_csv.read_csv",
    "python_calamine.load_workbook",
    "load_workbook",
    "CalamineWorkbook.from_path",
    "CalamineWorkbook.from_filelike",
}
"""Readers that take an open file as well as a path: what they get must be an open file."""

OPEN_FILES = {"file", "raw", "packed", "stream", "content", "source", "archive"}
"""Names that open files have; a path has others."""

ALLOWED = {
    (
        "app/engine/export/run_code.py",
        "load_file",
    ): "a script without this program, on our own files",
    (
        "app/engine/export/loaders/python_script.py",
        "load_file",
    ): "a script without this program, on our own files",
    (
        "app/engine/export/loaders/answer.py",
        "np.load",
    ): "a script without this program, on our own files",
    (
        "app/engine/export/loaders/written_code.py",
        "read_text",
    ): "a script without this program, on our own files",
    (
        "app/engine/export/loaders/written_code.py",
        "load_file",
    ): "a script without this program, on our own files",
    ("app/engine/files.py", "os.open"): "it is open_regular itself, and a folder that is flushed",
    ("app/engine/files.py", "os.fdopen"): "it is open_regular itself",
    ("app/engine/remote/helper.py", "open"): "a script without this program, on the computer there",
    ("app/engine/remote/connection.py", "read_text"): "a file of the program",
    ("app/engine/remote/transfer.py", "tarfile.open"): "it writes into a pipe",
    ("app/engine/free_memory.py", "read_text"): "a file of /sys, which the system writes",
    ("app/engine/compute/device.py", "read_text"): "a file of /sys, which the system writes",
    ("app/engine/training/ranks/standstill.py", "read_bytes"): "a file of /proc",
    ("app/engine/training/thread_choice.py", "read_text"): "a file of /proc",
    ("app/launch.py", "read_bytes"): "a file of the program; the launcher imports no room",
    ("app/launch.py", "read_text"): "a file of the program, and one that the launcher wrote",
    ("app/ui/style/theme.py", "read_text"): "a file of the program",
    ("app/engine/sources/cache_entry.py", "np.memmap"): "its own file, whose digest was compared",
    ("app/engine/sources/decoding/storage.py", "np.memmap"): "its own file, just made",
    ("app/engine/sources/long_texts/token_store.py", "np.memmap"): "its own file, just made",
    ("app/engine/runs/history.py", "open"): "it is cut in place, after open_regular had it",
    ("app/ui/pages/runs/trash.py", "QFile"): "it moves a file and reads none",
}
"""Where a file is opened in another way: the file, what is called, and the reason."""


def dotted(node: ast.expr) -> str:
    """Returns `np.load` of a call's function; "" where it is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value) or '?'}.{node.attr}"

    return ""


def strings(call: ast.Call) -> list[str]:
    """Returns the mode of a call of open: the strings among its arguments."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [
        argument.value
        for argument in arguments
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def writes(call: ast.Call) -> bool:
    """Returns whether a call of open only writes: its mode says so."""
    return any(set(text) <= set("wabx") and set(text) & set("wax") for text in strings(call))


def has_mode(call: ast.Call) -> bool:
    """Returns whether a call of a method `open` has the mode of a file: windows have none."""
    return any(text and set(text) <= set("rwabx+t") for text in strings(call))


def is_open_file(node: ast.expr) -> bool:
    """Returns whether the argument of a reader is an open file, by its name or by what makes it."""
    if isinstance(node, ast.Call):
        made_by = dotted(node.func)
        return made_by.rpartition(".")[2] in OPENERS

    return dotted(node).rpartition(".")[2].lstrip("_") in OPEN_FILES


def openings(text: str) -> Iterator[tuple[int, str]]:
    """Yields line and name of every call that opens a file for reading in another way."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue

        name = dotted(node.func)
        last = name.rpartition(".")[2]
        if name in READERS:
            given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "fileobj")]
            writing = any(mode in {"w", "x", "a"} for mode in strings(node))
            if not writing and not any(is_open_file(argument) for argument in given):
                yield node.lineno, name
        elif name in FUNCTIONS:
            if not writes(node):
                yield node.lineno, name
        elif (last in {"read_bytes", "read_text"} and isinstance(node.func, ast.Attribute)) or (
            last == "open" and has_mode(node) and not writes(node)
        ):
            yield node.lineno, last


def used(path: Path) -> list[tuple[str, str, int]]:
    """Returns file, name and line of the openings in a source file."""
    place = path.relative_to(ROOT).as_posix()
    found = openings(path.read_text(encoding="utf-8"))
    return [(place, name, line) for line, name in found]


def test_every_file_is_opened_by_open_regular() -> None:
    found = [opening for path in SOURCE for opening in used(path)]
    others = [
        f"{place}:{line} {name}" for place, name, line in found if (place, name) not in ALLOWED
    ]
    assert not others, "open it by open_regular, and pass the open file on"

    kept = {(place, name) for place, name, _ in found}
    assert not set(ALLOWED) - kept, "these exceptions are used no more"


@pytest.mark.parametrize(
    "line",
    (
        "open(path)",
        "path.open('rb')",
        "path.open(mode='r')",
        "path.open('r+b')",
        "(folder / name).read_bytes()",
        "path.read_text(encoding='utf-8')",
        "os.open(path, os.O_RDONLY)",
        "np.load(path, allow_pickle=False)",
        "np.fromfile(path)",
        "np.memmap(path, mode='r')",
        "Image.open(path, formats=FORMATS)",
        "zipfile.ZipFile(path)",
        "gzip.open(path)",
        "torch.load(path, weights_only=True)",
        "pq.ParquetFile(path)",
        "json.load(open(path))",
    ),
)
def test_other_ways_are_found(line: str) -> None:
    assert list(openings(line))


@pytest.mark.parametrize(
    "line",
    (
        "open_regular(path)",
        "path.open('wb')",
        "path.open('a', encoding='utf-8')",
        "self.open()",
        "dialog.open(experiment, path)",
        "np.load(file, allow_pickle=False)",
        "np.load(io.BytesIO(content))",
        "Image.open(file, formats=FORMATS)",
        "gzip.GzipFile(fileobj=raw)",
        "zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED)",
    ),
)
def test_open_files_and_windows_are_left_alone(line: str) -> None:
    assert not list(openings(line))
