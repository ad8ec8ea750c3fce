"""Installs the packages into the environment beside the code: with uv, and with pip where not.

uv takes the build of PyTorch for the device that is there; pip takes what the package index has,
which on Linux is the build for NVIDIA cards. The standard library only, as in launch.py.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from app.installed import is_complete

if TYPE_CHECKING:
    from pathlib import Path

SMALL_GB = 1.7
LARGE_GB = 5.4
"""Size of a full environment on disk with the build of PyTorch for the CPU, and for NVIDIA cards.

Measured on Debian 12 and 13 with Python 3.11 and 3.13 on x86-64.
"""

BUILD = (
    "The package index decides which build of PyTorch that is: on Linux most often that for NVIDIA "
    f"cards, about {LARGE_GB} GB on disk."
)

SIGN_SECONDS = 10
"""After so long a stage that says nothing by itself says that it goes on."""

SIGN_SHARE = 0.2
"""Later signs come after this share of the time so far: a slow computer is no list of signs."""

RETRIES = "UV_HTTP_RETRIES"
"""The variable that says how often uv asks again."""

SHOWN_REASONS = 3

_REASON = re.compile(
    r"oserror|errno|no space left|error:|could not|no matching|failed to|not found in|timed out",
    re.IGNORECASE,
)
_INDEX = re.compile(r"^\S*\.index.url='([^']+)'", re.MULTILINE)
"""A setting of pip, from a file or from the surroundings, as pip lists it."""

_FETCHED = re.compile(r"Downloading (\S+) \(([\d.]+ ?[MG]i?B)\)")
"""What pip and uv say of a package of at least a megabyte."""

_NO_REASON = re.compile(
    r"see above for output|exception:$|^note:|subprocess to install", re.IGNORECASE
)
_NO_CONNECTION = re.compile(r"failed to establish a new connection: ([^')]+)|dns error", re.I)


class SetUpFailed(Exception):
    """The environment could not be made: what is wrong and what to do, for a person."""


def say(sentence: str) -> None:
    """Prints a line at once: an installation takes minutes."""
    print(sentence, flush=True)


def announce(environment: Path, cpu: bool) -> None:
    """Says what will be fetched, how large it is, and how to choose. Raises SetUpFailed.

    It fails where the disk has not even room for the small build.
    """
    free = shutil.disk_usage(environment).free / 1e9
    needed = SMALL_GB - _size(environment) / 1e9  # what was fetched before takes no more room
    if free < needed:
        raise SetUpFailed(
            f"Only {free:.1f} GB are free on the disk of {environment}, and the packages take "
            f"about {needed:.1f} GB more. Make room, then run it again."
        )

    if cpu:
        size = f"about {SMALL_GB} GB on disk: PyTorch for the CPU, as asked"
    else:
        size = (
            f"about {SMALL_GB} GB on disk with PyTorch for the CPU, about {LARGE_GB} GB where "
            "there is an NVIDIA card; 'python3 app --cpu' takes the small one"
        )
    say(f"PyTorch, Qt and the rest are fetched into {environment} ({size}).")


def _size(folder: Path) -> int:
    """Returns the bytes of all files in a folder."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    return sum(file.stat().st_size for file in files)


def install(python: Path, target: str, cpu: bool, torch: str = "") -> None:
    """Installs a project with its packages for a Python. Raises SetUpFailed with the reason.

    target: as pip takes it, with extras. cpu: whether PyTorch is to be that for the CPU. torch: the
    version of PyTorch that the project asks for, as pip takes it.
    """
    environment = python.parent.parent
    temporary = environment / "temporary"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    _log(temporary).unlink(missing_ok=True)
    try:
        reasons = _with_uv(python, target, cpu, temporary)
        if reasons:
            say(f"uv could not do it: {reasons[0]}")
            shared = bool(torch) and _uv_of(python).exists()
            who = "pip fetches PyTorch and uv the others." if shared else "pip goes on."
            say(who if is_complete(environment, "torch") else f"{who} {BUILD}")
            reasons = _with_pip(python, target, torch, temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

    if reasons:
        raise SetUpFailed(
            "The packages could not be installed:\n  "
            + "\n  ".join(reasons)
            + "\nCheck the network and the space on the disk, then run it again; it goes on with "
            "what was fetched."
        )


def _pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _with_uv(python: Path, target: str, cpu: bool, temporary: Path) -> list[str]:
    """Installs with uv, which it fetches first; returns why not, [] where it is done."""
    uv = _uv_of(python)
    if not uv.exists():
        reasons = _run("Fetching uv", [*_pip(python), "install", "uv"], temporary)
        if reasons:
            return reasons

    backend = ["--torch-backend", "cpu" if cpu else "auto", "-e", target]
    command = [str(uv), "pip", "install", "--python", str(python), *backend]
    index = _index_of_pip(python)

    # Where an index does not answer, uv asks it four times: eight seconds, for nothing.
    asked = [*command, "--dry-run", "--quiet"]
    reasons = _run("Asking the package index", asked, temporary, {**index, RETRIES: "1"})
    return reasons or _run("Installing", command, temporary, index)


def _with_pip(python: Path, target: str, torch: str, temporary: Path) -> list[str]:
    """Installs with pip; returns why not, [] where it is done.

    Only PyTorch has an index of its own, so that uv can install the others where it is there: in a
    tenth of the time that pip takes for them.
    """
    uv = _uv_of(python)
    if torch and uv.exists():
        reasons = _run("Installing PyTorch", [*_pip(python), "install", torch], temporary)
        if reasons:
            return reasons

        others = [str(uv), "pip", "install", "--python", str(python), "-e", target]
        if not _run("Installing the others", others, temporary, _index_of_pip(python)):
            return []

    return _run("Installing", [*_pip(python), "install", "-e", target], temporary)


def _uv_of(python: Path) -> Path:
    """Returns where uv is in an environment, whether it is there or not."""
    return python.parent / ("uv.exe" if os.name == "nt" else "uv")


def _index_of_pip(python: Path) -> dict[str, str]:
    """Returns the package index that pip is told to use, as uv is told; {} where there is none."""
    command = [*_pip(python), "config", "list"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    index = _INDEX.search(told)
    return {"UV_DEFAULT_INDEX": index.group(1)} if index else {}


def _run(
    stage: str, command: list[str], temporary: Path, variables: dict[str, str] | None = None
) -> list[str]:
    """Runs a command and says what it does; returns why it failed, [] where it did not.

    Temporary files go beside the environment: where /tmp is memory they do not fit there. All that
    is said is kept in set-up.txt, unless the disk is full.
    """
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    lines: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(
        command,
        env={**os.environ, **(variables or {}), **places},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        output = _attend(stage, lines)

    with contextlib.suppress(OSError), _log(temporary).open("a", encoding="utf-8") as log:
        log.write("\n".join([f"{stage}: {' '.join(command)}", *output, ""]))
    if process.returncode == 0:
        return []
    return reasons_of(output) or [f"{stage} ended with code {process.returncode} and no word why."]


def _log(temporary: Path) -> Path:
    """Returns the file that keeps what pip and uv said."""
    return temporary.parent / "set-up.txt"


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line.rstrip())

    lines.put(None)


def _attend(stage: str, lines: queue.Queue[str | None]) -> list[str]:
    """Says what a command does, and from time to time that it goes on; returns all its lines."""
    output: list[str] = []
    begun = last = time.monotonic()
    while True:
        silence = max(SIGN_SECONDS, SIGN_SHARE * (last - begun))
        try:
            line = lines.get(timeout=max(0.0, last + silence - time.monotonic()))
        except queue.Empty:
            last = time.monotonic()
            say(f"  {stage} goes on ({last - begun:.0f} s so far).")
            continue

        if line is None:
            return output

        output.append(line)
        said = in_words(line)
        if said:
            last = time.monotonic()
            say(f"  {said}")


def in_words(line: str) -> str:
    """Returns what a line of pip or uv says for a person, "" for nothing.

    Of what is fetched only the large is named: there are some fifty packages, most of them small.
    """
    words = line.split()
    fetched = _FETCHED.match(line.strip())
    if fetched is not None:
        name, size = fetched.groups()
        return f"fetching {_package(name)} ({size})"
    if line.startswith("Installing collected packages:"):
        count = line.count(",") + 1
        long = ", which takes a minute" if count > 10 else ""
        return f"installing {count} package{'s' if count > 1 else ''}{long}"
    if words[:1] in (["Resolved"], ["Prepared"], ["Installed"]) and "package" in line:
        return " ".join([words[0].lower(), *words[1:3]])

    return ""


def _package(file: str) -> str:
    """Returns name and version of what a file holds: "numpy-2.4.6-cp311.whl" is numpy 2.4.6."""
    name = file.rsplit("/", 1)[-1]
    return " ".join(name.split("-")[:2]) if name.endswith(".whl") else name


def reasons_of(output: list[str]) -> list[str]:
    """Returns the lines that say why pip or uv failed, each once, the last of many."""
    found: list[str] = []
    for line in output:
        text = line.strip(" ╰─▶>×│").strip().removeprefix("cause: ").removeprefix("Caused by: ")
        connection = _NO_CONNECTION.search(text)
        if connection is not None:
            why = (connection.group(1) or "its name is not known").strip()
            text = f"There is no connection to the package index: {why}"
        elif not _REASON.search(text) or _NO_REASON.search(text):
            continue

        if text not in found:
            found.append(text)

    return found[-SHOWN_REASONS:] or [line for line in output if line.strip()][-SHOWN_REASONS:]
