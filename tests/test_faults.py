"""The tool that makes file-system calls fail reaches every call, once, in a child alone."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from tests import faults
from tests.faults import count_calls, run_with_fault

pytestmark = pytest.mark.skipif(not faults.AVAILABLE, reason="processes are forked on Linux only")


def save(folder: Path) -> str:
    """Writes as the program does: beside the target, flushed, renamed."""
    folder.mkdir()
    with (folder / "a.tmp").open("wb") as file:
        file.write(b"0123456789")
        file.flush()
        os.fsync(file.fileno())

    os.replace(folder / "a.tmp", folder / "a")
    return (folder / "a").read_text(encoding="utf-8")


def save_carefully(folder: Path) -> str:
    try:
        return save(folder)
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def test_every_call_fails_once(tmp_path: Path) -> None:
    calls = []
    for nth in range(count_calls(save, (tmp_path / "counted",), within=tmp_path)):
        folder = tmp_path / str(nth)
        outcome = run_with_fault(save_carefully, (folder,), nth, errno.ENOSPC, within=tmp_path)
        assert outcome.value == "ENOSPC"
        calls.append(outcome.call.split()[0])

    assert calls[:4] == ["os.mkdir", "open", "file.write", "os.fsync"]
    assert calls[4:6] == ["os.replace", "open"]
    assert set(calls[6:]) <= {"file.read", "os.fstat"}
    assert calls[6:]


def test_a_call_beyond_the_last_does_not_fail(tmp_path: Path) -> None:
    outcome = run_with_fault(save, (tmp_path / "a",), 99, errno.EIO)

    assert (outcome.value, outcome.call, outcome.signal) == ("0123456789", "", 0)


def test_a_killed_process_leaves_half_of_its_write(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    outcome = run_with_fault(save, (folder,), 2, "kill", within=tmp_path)

    assert outcome.signal == signal.SIGKILL
    assert outcome.call == f"file.write {folder / 'a.tmp'}"
    assert (folder / "a.tmp").read_bytes() == b"01234"


def test_an_uncaught_fault_is_told(tmp_path: Path) -> None:
    outcome = run_with_fault(save, (tmp_path / "a",), 3, errno.EACCES, within=tmp_path)

    assert outcome.error.startswith("PermissionError: [Errno 13]")
    assert "os.fsync(file.fileno())" in outcome.trace


def use_libraries(folder: Path) -> None:
    """Reaches the file system by the ways of the standard library."""
    made = Path(tempfile.mkdtemp(dir=folder))
    (made / "b").write_text("x", encoding="utf-8")
    shutil.copytree(made, folder / "copy")

    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("c", b"123")

    shutil.rmtree(made)


def test_the_libraries_reach_the_same_calls(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    called = set()
    for nth in range(count_calls(use_libraries, (first,))):
        folder = tmp_path / str(nth)
        folder.mkdir()
        outcome = run_with_fault(use_libraries, (folder,), nth, errno.EIO)
        called.add(outcome.call.split()[0])

    assert called >= {"os.mkdir", "open", "file.write", "os.scandir", "os.unlink", "os.rmdir"}


def test_calls_for_other_folders_do_not_count(tmp_path: Path) -> None:
    assert count_calls(save, (tmp_path / "a",), within=tmp_path / "b") == 0


def start_another() -> int:
    """Starts a process that would go on."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid


def test_what_a_case_started_ends_with_it() -> None:
    started = run_with_fault(start_another, (), -1, errno.EIO).value

    end = time.monotonic() + 10
    while Path(f"/proc/{started}").exists() and time.monotonic() < end:
        if ") Z " in Path(f"/proc/{started}/stat").read_text(encoding="utf-8"):
            break

    assert time.monotonic() < end


def test_a_case_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "PATIENCE", 0.2)
    outcome = run_with_fault(time.sleep, (600,), 0, errno.EIO)

    assert outcome.hung


def test_many_cases_change_nothing_here(tmp_path: Path) -> None:
    before = (os.write, os.open, open, dict(os.environ), len(os.listdir("/proc/self/fd")))
    for number in range(20):
        assert run_with_fault(save, (tmp_path / str(number),), 99, errno.EIO).value

    assert (os.write, os.open, open, dict(os.environ), len(os.listdir("/proc/self/fd"))) == before
