"""A set-up that is cut off: the next start completes it, or says in a sentence what to do."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from app.installed import forget_incomplete, incomplete
from tests.toy_clone import RUNS, ToyClone, write_wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills the group of processes")


def kill_when(clone: ToyClone, reached: Callable[[], bool]) -> str:
    """Starts it and kills it with all its processes once that is so; returns what it said."""
    with clone.start() as process:
        while not reached():
            assert process.poll() is None, "it ended before it was cut off"
            time.sleep(0.002)

        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


def assert_a_sentence(ended: tuple[int, str], words: str) -> None:
    code, output = ended
    assert code == 1, output
    assert words in output
    assert "Traceback" not in output
    assert "run it again" in output


def test_a_set_up_that_is_cut_off_again_and_again_completes(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    clone = ToyClone(tmp_path / "my clone", write_wheels(tmp_path / "wheels"))

    def installed(name: str) -> bool:
        return any(clone.environment.glob(f"lib/python*/site-packages/{name}"))

    assert "not set up here yet" in kill_when(clone, lambda: installed("pip/_vendor/rich"))
    assert not installed("pip-*.dist-info/RECORD"), "pip was to be there only in part"

    assert_a_sentence(clone.run(connected=False), "There is no connection to the package index")
    assert installed("pip-*.dist-info/RECORD")

    output = kill_when(clone, lambda: installed("toy_one/part_100.py"))
    assert "it goes on with what was fetched" in output and "virtual environment" not in output

    code, output = clone.run()
    assert (code, output.splitlines()[-1]) == (0, RUNS), output
    assert "virtual environment" not in output, "what was there is used"
    assert clone.run() == (0, f"{RUNS}\n")


@pytest.mark.long
@pytest.mark.parametrize("number", range(10))
def test_cut_off_at_any_moment_it_completes(tmp_path: Path, number: int) -> None:
    (tmp_path / "wheels").mkdir()
    wheels = write_wheels(tmp_path / "wheels")
    whole = ToyClone(tmp_path / "whole", wheels)
    begun = time.monotonic()
    assert whole.run()[0] == 0

    moment = random.Random(number).uniform(0, 0.95 * (time.monotonic() - begun))
    clone = ToyClone(tmp_path / "clone", wheels)
    with clone.start() as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        os.killpg(process.pid, signal.SIGKILL)
        print(f"killed after {moment:.2f} s: {process.communicate()[0]!r}")

    code, output = clone.run()
    assert (code, output.splitlines()[-1]) == (0, RUNS), output


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Returns a folder that is a disk of 20 MB, where an environment finds no room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("no disk can be made here")

    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_named_and_once_there_is_room_it_completes(
    tmp_path: Path, small_disk: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    clone = ToyClone(small_disk / "clone", write_wheels(tmp_path / "wheels"))
    assert_a_sentence(clone.run(), "No space left on device")

    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    code, output = clone.run()
    assert (code, output.splitlines()[-1]) == (0, RUNS), output


def a_package(libraries: Path, name: str, text: str = "x = 1\n") -> Path:
    """Writes an installed package of one module; returns the folder of its metadata."""
    folder = libraries / f"{name}-2.0.dist-info"
    folder.mkdir(parents=True)
    (libraries / f"{name}.py").write_text(text, encoding="utf-8")
    lines = [f"{name}.py,,{len(text)}", f"{folder.name}/RECORD,,", f"__pycache__/{name}.pyc,,99"]
    (folder / "RECORD").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_package_that_lacks_something_is_forgotten(tmp_path: Path) -> None:
    libraries = tmp_path / "lib" / "python3.11" / "site-packages"
    whole = a_package(libraries, "whole")
    shorter = a_package(libraries, "shorter")
    missing = a_package(libraries, "missing")
    unlisted = a_package(libraries, "unlisted")
    (libraries / "shorter.py").write_text("x", encoding="utf-8")
    (libraries / "missing.py").unlink()
    (unlisted / "RECORD").unlink()
    assert incomplete(tmp_path) == [missing, shorter, unlisted]

    assert forget_incomplete(tmp_path) == ["missing", "shorter", "unlisted"]
    assert incomplete(tmp_path) == []
    assert whole.exists() and not shorter.exists()
