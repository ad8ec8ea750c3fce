"""Whatever happens in the process that reads a spreadsheet is one sentence, and nothing is left."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

import psutil
import pytest

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.own_process import ROOT
from app.engine.sources.tables import growth
from app.engine.sources.tables.reading import read_table
from app.engine.sources.tables.spreadsheets import child, gaps
from app.engine.sources.tables.spreadsheets.process import Limits, SheetProcess, SheetTooLarge
from tests.forked import own_children
from tests.fuzz.spreadsheets import write_archive, write_ods, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNRULY = "tests.engine.sources.tables.unruly_reader"
ROWS: list[list[str | float]] = [["size", "label"], [1.5, "x"], [2.5, "y"]]


@pytest.fixture
def sheet(tmp_path: Path) -> Iterator[Path]:
    """A spreadsheet; at the end no process and no open file is left of reading it."""
    write_xlsx(tmp_path / "a.xlsx", ROWS)
    files = open_files()
    yield tmp_path / "a.xlsx"
    assert not own_children()
    assert open_files() == files


def open_files() -> int:
    """Returns how many files and pipes this process has open, where the system tells."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def refusal(path: Path, manner: str, limits: Limits | None = None) -> UserError:
    """Lets the reader misbehave in this manner and returns what a person reads of it."""
    with (
        pytest.raises(UserError) as caught,
        SheetProcess(path, manner, None, lambda: None, limits, UNRULY) as process,
    ):
        list(process.messages())

    assert "a.xlsx" in caught.value.what and caught.value.remedy
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ("raise", "cannot be read (two lines)"),
        ("panic", "cannot be read (a panic)"),
        ("leave", "its reader ended with the code 3"),
        ("talk nonsense", "its reader broke off"),
    ],
)
def test_what_the_reader_does_is_a_sentence(sheet: Path, manner: str, words: str) -> None:
    assert words in refusal(sheet, manner).what


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that end a process")
def test_a_reader_that_is_ended_by_a_signal_is_a_sentence(sheet: Path) -> None:
    assert "its reader ended with SIGABRT" in refusal(sheet, "abort").what


@pytest.mark.parametrize("manner", ["fill memory", "fill memory without a limit"])
def test_a_reader_that_fills_the_memory_is_ended(sheet: Path, manner: str) -> None:
    error = refusal(sheet, manner, Limits(memory=100 << 20))
    assert "need more than 100 MiB of memory" in error.what
    assert "far below" in error.remedy


def test_a_reader_that_never_comes_to_its_end_is_ended(sheet: Path) -> None:
    assert "nothing came of it" in refusal(sheet, "loop", Limits(busy=0.2)).what
    assert "nothing came of it" in refusal(sheet, "loop", Limits(idle=0.5)).what


def test_a_reader_that_yields_without_end_is_ended(
    sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "RESERVE", 1 << 60)
    assert "more than fits into memory" in refusal(sheet, "talk without end").what


class Stopped(Exception):
    """What a cancelled reading raises."""


@pytest.mark.parametrize("manner", ["loop", "talk without end"])
def test_a_cancelled_reading_ends_the_process_at_once(sheet: Path, manner: str) -> None:
    told = []

    def check() -> None:
        if told:
            raise Stopped

    with (
        pytest.raises(Stopped),
        SheetProcess(sheet, manner, None, check, None, UNRULY) as process,
    ):
        for message in process.messages():
            told.append(message)


def test_leaving_early_ends_the_process(sheet: Path) -> None:
    with SheetProcess(sheet, "talk without end", None, lambda: None, None, UNRULY) as process:
        messages = process.messages()
        assert next(messages) == {"sheets": ["talk without end"]}
        assert isinstance(next(messages), list)


PROGRAM = f"""
import sys
from pathlib import Path
from app.engine.sources.tables.spreadsheets.process import SheetProcess

with SheetProcess(Path(sys.argv[1]), "loop", None, lambda: None, None, {UNRULY!r}) as process:
    messages = process.messages()
    next(messages)
    print(process._process.pid, flush=True)
    next(messages)
"""


def test_the_process_ends_when_the_program_is_killed(sheet: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(sheet)], stdout=subprocess.PIPE, cwd=ROOT
    ) as program:
        assert program.stdout is not None
        reader = psutil.Process(int(program.stdout.readline()))
        program.kill()

    end = time.monotonic() + 30
    while reader.is_running() and reader.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "the reader goes on without its program"
        psutil.wait_procs([reader], timeout=0.1)


def test_the_process_loads_nothing_large(tmp_path: Path) -> None:
    code = f"import json, sys, {child.__name__}; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert not {"torch", "numpy", "pyarrow", "pydantic", "PySide6"} & set(json.loads(done.stdout))


def test_a_folder_named_app_does_not_take_its_place(
    sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)

    assert len(read_table("a.xlsx", DataSettings())) == 2


@pytest.mark.parametrize("write", [write_xlsx, write_ods])
def test_a_sheet_is_read_with_its_types(tmp_path: Path, write: object) -> None:
    path = tmp_path / "größe\n.ods"
    (write_xlsx if write is write_xlsx else write_ods)(path, ROWS)
    table = read_table(path, DataSettings())

    assert table.columns[0].values is not None and table.columns[0].values.tolist() == [1.5, 2.5]
    assert table.columns[1].texts.to_pylist() == ["x", "y"]


def test_a_stray_cell_far_away_does_no_harm(tmp_path: Path) -> None:
    """As one block the sheet would have 17 billion cells."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active["XFD1048576"] = "stray"
    book.save(tmp_path / "a.xlsx")

    table = read_table(tmp_path / "a.xlsx", DataSettings(header=True))
    size, label, *gap, stray = table.columns
    assert size.values is not None and size.values[:2].tolist() == [1.5, 2.5]
    assert label.texts.to_pylist() == ["x", "y", ""]
    assert stray.texts.to_pylist() == ["", "", "stray"]
    assert {column.kind for column in gap} == {"empty"} and len(gap) == gaps.GAP
    assert [table.row_name(row) for row in range(3)] == ["row 2", "row 3", "row 1048576"]


def test_a_sheet_that_does_not_say_how_far_it_reaches(tmp_path: Path) -> None:
    """It is read once more, without its wide gaps, when its block proves too large."""
    path = tmp_path / "a.xlsx"
    write_xlsx(path, ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    name = "xl/worksheets/sheet1.xml"
    write_archive(path, {**parts, name: parts[name].replace(b'<row r="3">', b'<row r="5000">')})
    with SheetProcess(path, None, None, lambda: None, narrow=True) as process:
        sheets, head, rows, end = itertools.islice(process.messages(), 4)

    assert sheets == {"sheets": ["Sheet"], "hidden": []} and end == {"rows": 3}
    assert rows == [[1, ["size", "label"]], [2, [1.5, "x"]], [5000, [2.5, "y"]]]
    assert head["total"] < 5000


def test_a_sheet_without_gaps_is_not_read_twice_in_vain(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ROWS)
    with (
        pytest.raises(SheetTooLarge, match="far below or to the right"),
        SheetProcess(tmp_path / "a.xlsx", None, None, lambda: None, narrow=True) as process,
    ):
        list(process.messages())


def test_a_stray_cell_far_below_does_no_harm(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active["A1048576"] = 7.5
    book.save(tmp_path / "a.xlsx")

    table = read_table(tmp_path / "a.xlsx", DataSettings())
    assert table.columns[0].values is not None
    assert table.columns[0].values.tolist() == [1.5, 2.5, 7.5]
    assert table.row_name(2) == "row 1048576"


def test_what_an_archive_unpacks_to_is_counted_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [["name", "value"], *([f"name {n}", n] for n in range(5000))])
    with zipfile.ZipFile(path) as archive:
        sizes = [item.file_size for item in archive.infolist()]

    largest = max(sizes)
    announced = path.read_bytes().replace(largest.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(announced)
    with zipfile.ZipFile(path) as archive:
        assert sum(item.file_size for item in archive.infolist()) < largest

    with path.open("rb") as file:
        assert list(child._unpacked(file))[-1] == sum(sizes)


def test_an_archive_of_other_things_is_no_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")

    with pytest.raises(UserError, match=r"is an archive, not a table"):
        read_table(tmp_path / "a.xlsx", DataSettings())
