"""`python -m tests.package OUT`: the program as a folder that needs no Python (Linux).

It needs PyInstaller beside the packages: `.venv/bin/python -m pip install pyinstaller==6.22.3`. The
folder holds the build of PyTorch that is installed here. tests/test_package.py, in the long tier,
builds it and drives it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from app.engine.diagnosis import PACKAGES
from app.engine.text import bytes_text

ROOT = Path(__file__).resolve().parent.parent
NAME = "netwright"

ENTRY = '''\
"""The entry of the folder: the command line, or the process that reads a spreadsheet."""

import multiprocessing
import runpy
import sys

multiprocessing.freeze_support()
if sys.argv[1:3] == ["-P", "-m"]:  # the program starts itself as it would start Python
    module, sys.argv[1:] = sys.argv[3], sys.argv[4:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
else:
    from app.cli import main

    sys.exit(main())
'''

WALKED = ("app", "models")
"""Packages whose modules are found by walking, which no import names."""

NOT_NEEDED = (
    "tests",
    "tkinter",
    "matplotlib",
    "IPython",
    "pandas",
    "polars",
    "duckdb",
    "pytest",
    "hypothesis",
    "mypy",
    "tensorboard",
    "triton",
)
"""What other packages can use, and what the tests bring."""


def arguments(entry: Path, out: Path, work: Path) -> list[str]:
    """Returns what PyInstaller is asked: a folder OUT/netwright with the program of that name."""
    asked = ["--noconfirm", "--onedir", "--console", "--log-level", "WARN", "--name", NAME]
    asked += ["--distpath", str(out), "--workpath", str(work), "--specpath", str(work)]
    asked += ["--paths", str(ROOT), "--add-data", f"{ROOT / 'resources'}{os.pathsep}resources"]
    for package in WALKED:
        asked += ["--collect-submodules", package]
    for package in ("qtawesome", "clevercsv"):
        asked += ["--collect-all", package]
    for package in PACKAGES:
        asked += ["--copy-metadata", package]
    for module in NOT_NEEDED:
        asked += ["--exclude-module", module]

    return [*asked, str(entry)]


def build(out: Path) -> Path:
    """Builds the folder; returns the program in it.

    Raises subprocess.CalledProcessError where PyInstaller fails.
    """
    with tempfile.TemporaryDirectory(prefix="package") as work:
        entry = Path(work) / f"{NAME}_entry.py"
        entry.write_text(ENTRY, encoding="utf-8")
        command = [sys.executable, "-m", "PyInstaller", *arguments(entry, out, Path(work))]
        subprocess.run(command, check=True, cwd=work)

    return out / NAME / NAME


def size(folder: Path) -> int:
    """Returns the bytes of all files of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.package", description=__doc__)
    parser.add_argument("out", type=Path, help="the folder in which the program's is made")
    out = parser.parse_args().out.resolve()
    program = build(out)
    print(f"{program}: {bytes_text(size(program.parent))} in its folder")


if __name__ == "__main__":
    main()
