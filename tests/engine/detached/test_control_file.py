"""A control file of nonsense: each line is told once, none ends the run, and a request is kept."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from app.engine.detached import control_file
from app.engine.detached.control_file import MOST_READ, MOST_TOLD, ControlReader
from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.runs.storage.own_names import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAUSE = b'{"request": "pause"}\n'


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run.create(tmp_path, Experiment(name="small"))
    run.claim()
    control_file.create(run.path)
    yield run
    run.release()


@pytest.fixture
def reader(run: Run) -> ControlReader:
    return ControlReader(run, Control())


def write(run: Run, content: bytes) -> None:
    with (run.path / CONTROL).open("ab") as file:
        file.write(content)


def log_of(run: Run) -> str:
    path = run.path / "log.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.parametrize(
    "nonsense",
    (
        b"\x00\xff\xfe\n",
        b"[" * 5_000 + b"\n",
        b'{"request": "change", "values": {"a": "b"}}\n',
        b'{"request": ["stop"]}\n',
        b'{"request": "stop", "values": 1e999}\n',
        b'{"request": "stop"\n',
        b"x" * (MOST_READ + 10) + b"\n",
        b'"stop"\n',
        b"NaN\n",
    ),
    ids=range(9),
)
def test_nonsense_before_a_request_is_told_and_changes_nothing(
    nonsense: bytes, run: Run, reader: ControlReader
) -> None:
    write(run, nonsense + PAUSE)
    for _ in range(4):
        reader.poll()

    assert reader._control.pausing
    assert not reader._control.stopping
    assert not reader._control.has_changes
    assert "is no request and is ignored" in log_of(run)


def test_a_file_full_of_nonsense_does_not_fill_the_log(run: Run, reader: ControlReader) -> None:
    write(run, b"?\n" * 10_000 + PAUSE)
    reader.poll()
    assert reader._control.pausing
    assert log_of(run).count("\n") == MOST_TOLD + 1


def test_a_request_that_is_written_in_two_parts_is_read_whole(
    run: Run, reader: ControlReader
) -> None:
    write(run, PAUSE[:10])
    reader.poll()
    write(run, PAUSE[10:])
    reader.poll()
    assert reader._control.pausing
    assert not log_of(run)


def test_one_that_is_removed_is_made_again(run: Run, reader: ControlReader) -> None:
    write(run, PAUSE)
    reader.poll()
    (run.path / CONTROL).unlink()
    with pytest.raises(UserError, match="reads no control file"):
        control_file.send(run.path, "stop")

    reader.poll()
    control_file.send(run.path, "stop")
    reader.poll()
    assert reader._control.stopping


def test_one_that_is_written_anew_is_read_from_its_beginning(
    run: Run, reader: ControlReader
) -> None:
    write(run, PAUSE * 3)
    reader.poll()
    control_file.create(run.path)
    write(run, b'{"request": "stop"}\n')
    reader.poll()
    assert reader._control.stopping


@pytest.mark.skipif(sys.platform == "win32", reason="makes a pipe")
def test_a_pipe_or_a_folder_in_its_place_is_not_waited_for(run: Run, reader: ControlReader) -> None:
    (run.path / CONTROL).unlink()
    os.mkfifo(run.path / CONTROL)
    reader.poll()
    with pytest.raises(UserError):
        control_file.send(run.path, "stop")

    (run.path / CONTROL).unlink()
    (run.path / CONTROL).mkdir()
    reader.poll()
    with pytest.raises(UserError):
        control_file.send(run.path, "stop")
