"""The first start from a clone with the real packages, cut off and undisturbed. The long tier.

It needs a package index, 4 GB of disk and, with ten set-ups that are cut off, half an hour.
"""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
MOMENTS = 10

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform != "linux", reason="the disk and the network are Linux's"),
]


def copy_of_the_code(folder: Path, with_tests: bool = False) -> Path:
    """Copies what git knows, as a clone has it, changes that are not committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (with_tests or not name.startswith("tests/")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)

    return folder


def surroundings(home: Path) -> dict[str, str]:
    """Returns the variables of a person without a display; the cache of pip stays where it is."""
    cache = os.environ.get("PIP_CACHE_DIR") or Path(pwd.getpwuid(os.getuid()).pw_dir, ".cache/pip")
    without = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_CACHE_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return {**kept, "HOME": str(home), "PIP_CACHE_DIR": str(cache)}


class Clone:
    """A copy of the code that a person starts."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = copy_of_the_code(folder)
        self.environment = folder / ".venv"
        self._home = home

    def start(self, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*before, sys._base_executable, "app", *arguments],
            cwd=self.folder,
            env=surroundings(self._home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, before: tuple[str, ...] = ()) -> str:
        """Runs it to its end, which is to be good; returns what it said."""
        code, output = self.ended(*arguments, before=before)
        assert code == 0, output
        assert "Traceback" not in output
        return output

    def ended(self, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, str]:
        with self.start(*arguments, before=before) as process:
            output, _ = process.communicate()
            return process.returncode, output


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Clone]:
    """Returns a clone that is not set up yet."""
    folder = tmp_path_factory.mktemp("clones") / "netwright"
    yield Clone(folder, home)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def seconds(clone: Clone) -> float:
    """Returns how long an undisturbed set-up takes here; pip has all packages afterwards."""
    begun = time.monotonic()
    output = clone.run("samples")
    assert "This happens once" in output and "Set up." in output and "digits" in output
    return time.monotonic() - begun


def test_the_two_commands_train_without_a_display(clone: Clone, seconds: float) -> None:
    output = clone.run()
    assert "There is no display" in output
    assert "Completed after" in output and "set up" not in output
    assert Path(output.split("The curves: ")[1].strip()).exists()
    assert "Completed after" in clone.run("demo")


@pytest.mark.parametrize("number", range(MOMENTS))
def test_cut_off_at_any_moment_the_next_start_completes(
    clone: Clone, seconds: float, number: int
) -> None:
    shutil.rmtree(clone.environment)
    moment = random.Random(number).uniform(0, 0.95 * seconds)
    with clone.start("samples") as process:
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        print(f"killed after {moment:.1f} s of {seconds:.1f} s: {process.communicate()[0]!r}")

    assert "digits" in clone.run("samples")
    code = "import torch, pyarrow, sklearn, PySide6.QtWidgets, pyqtgraph, app.ui.shell.assembly"
    python = clone.environment / "bin" / "python"
    subprocess.run([str(python), "-c", code], check=True, cwd=clone.folder)


def test_without_a_network_it_says_so(clone: Clone, seconds: float) -> None:
    alone = ("unshare", "--net")
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("a network cannot be taken away here")

    shutil.rmtree(clone.environment)
    code, output = clone.ended("samples", before=alone)
    assert code == 1
    assert "There is no connection to the package index" in output
    assert output.rstrip().endswith("it goes on with what was fetched.")
    assert "Traceback" not in output
    assert "digits" in clone.run("samples")
    assert "digits" in clone.run("samples", before=alone), "once it is set up it needs none"


def test_on_a_disk_that_fills_it_says_so(tmp_path: Path, home: Path, seconds: float) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1750m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be made here")

    try:
        clone = Clone(disk / "netwright", home)
        (disk / "other").write_bytes(bytes(20 << 20))
        code, output = clone.ended("samples")
        assert code == 1, output
        assert "No space left on device" in output and "Traceback" not in output

        subprocess.run(["mount", "-o", "remount,size=3g", str(disk)], check=True)
        assert "digits" in clone.run("samples")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
