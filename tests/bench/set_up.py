"""What the first start costs, from a clone to a trained network, beside pip alone.

In turns: `python3 app` without a display in a fresh copy of the code; and an environment into which
pip installs the same packages, whose Python then trains the same. Both have what was fetched
before in their caches, and both clocks run until the network is trained.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

from tests.test_first_start import ROOT, copy_of_the_code, surroundings

MOST_TIMES = 1.15
"""So many times as long as pip and the training the first start may take."""


class Took(NamedTuple):
    """Seconds by the clock: of the packages, and of the training behind them."""

    packages: float
    training: float

    @property
    def all(self) -> float:
        return self.packages + self.training


def main(pairs: int) -> int:
    """Prints the ratio, and returns 0 where it is within its limit."""
    turns: list[tuple[Took, Took]] = []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as folder:
            turns.append((pip_alone(Path(folder) / "pip"), first_start(Path(folder) / "ours")))
        alone, ours = turns[-1]
        print(
            f"pip {alone.packages:.0f} s + training {alone.training:.0f} s; "
            f"ours {ours.packages:.0f} s + {ours.training:.0f} s",
            flush=True,
        )

    ratios = [ours.all / alone.all for alone, ours in turns]
    ratio = statistics.median(ratios)
    verdict = "PASS" if ratio <= MOST_TIMES else "FAIL"
    print(
        f"first start to a trained network: {ratio:.2f} times pip and the training "
        f"({min(ratios):.2f} to {max(ratios):.2f}, {pairs} pairs); at most {MOST_TIMES}: {verdict}"
    )
    return int(ratio > MOST_TIMES)


def first_start(folder: Path) -> Took:
    """Runs the two commands of the README, of which the first has been run; see Took."""
    copy_of_the_code(folder)
    home = _home(folder)
    packages = _seconds([sys._base_executable, "app", "samples"], folder, home)
    return Took(packages, _seconds([sys._base_executable, "app"], folder, home))


def pip_alone(folder: Path) -> Took:
    """Makes an environment, has pip install the packages, and trains with its Python."""
    copy_of_the_code(folder)
    home = _home(folder)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = str(folder / ".venv" / "bin" / "python")
    packages = _seconds([sys._base_executable, "-m", "venv", ".venv"], folder, home)
    install = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    packages += _seconds([*install, *project["dependencies"]], folder, home)
    packages += _seconds([python, "-m", "app", "samples"], folder, home)
    return Took(packages, _seconds([python, "-m", "app"], folder, home))


def _home(folder: Path) -> Path:
    home = folder.with_name(f"{folder.name}-home")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    return home


def _seconds(command: list[str], folder: Path, home: Path) -> float:
    """Runs a command to its end and returns how long it took. Raises CalledProcessError."""
    begun = time.monotonic()
    subprocess.run(
        command,
        cwd=folder,
        env=surroundings(home),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - begun
