"""The thread count of a training on the CPU: measured once, kept, and used again.

Another thread count adds numbers in another order and so gives other weights. A count that is
measured anew at every start would make two starts of one experiment differ, whenever the computer
is busy in one of them.
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window asks for what is kept without it
from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files, folders
from app.engine.compute import device as devices

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.training.plan import Plan

MOST_BYTES = 10_000
"""Of a file with one choice; it takes less than a hundred."""


@dataclass(frozen=True)
class ThreadChoice:
    """How many threads compute, and since when that is known.

    measured: the day of the measurement, "2026-11-29"; "" where there was nothing to measure.
    """

    threads: int
    measured: str = ""


def folder() -> Path:
    """Returns the folder of the kept choices: a JSON file for each."""
    return folders.config() / "threads"


def forget() -> None:
    """Forgets all kept choices, so that the next training of each experiment measures again.

    Runs that have begun keep the count that they have.
    """
    shutil.rmtree(folder(), ignore_errors=True)


def choose_threads(plan: Plan, step: Callable[[], object], check: Callable[[], None]) -> int:
    """Returns the thread count for a plan whose count is open, and notes it for later starts.

    The person's choice or the device decides, else what was kept for the same work on the same
    computer, else a measurement of at most a second. step: one step of the training. check: may
    raise to give up.
    """
    candidates = devices.thread_candidates(plan.resolved.training, plan.device)
    if len(candidates) == 1:
        return candidates[0]

    key = key_of(plan)
    known = kept(key)
    if known is not None and known.threads in candidates:
        return known.threads

    threads, _ = devices.fastest_threads(step, candidates, check)
    return keep(key, ThreadChoice(threads, date.today().isoformat())).threads


def choice_for(plan: Plan, threads: int) -> ThreadChoice:
    """Returns a plan's thread count with the day of its measurement, where it was measured."""
    if len(devices.thread_candidates(plan.resolved.training, plan.device)) > 1:
        known = kept(key_of(plan))
        if known is not None and known.threads == threads:
            return known

    return ThreadChoice(threads)


# --- what is kept


def key_of(plan: Plan) -> str:
    """Returns a name for all that the fastest thread count depends on.

    The computer with its cores, torch, the network, the shape of an example and the batch.
    """
    import torch

    facts: dict[str, Any] = {
        "computer": _computer(),
        "cores": devices.cores(),
        "torch": torch.__version__,
        "device": plan.device.name,
        "graph": plan.graph.to_plain(),
        "problem": plan.problem.to_plain() | {"examples": 0},  # their number changes no step
        "batch": [plan.step_size, plan.part_size],
        "precision": plan.precision,
        "recompute": plan.resolved.training.recompute,
        "loss": plan.resolved.loss.kind,
    }
    text = files.json_key(facts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@functools.cache
def _computer() -> str:
    """Returns the processor's model, or the system's best words for it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()

    return platform.processor() or platform.machine()


def kept(key: str) -> ThreadChoice | None:
    """Returns a kept choice; None where there is none, or where its file is damaged."""
    try:
        data = json.loads(files.read_regular(folder() / f"{key}.json", MOST_BYTES))
        choice = ThreadChoice(data["threads"], data["measured"])
        date.fromisoformat(choice.measured)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None

    sound = type(choice.threads) is int and choice.threads >= 1
    return choice if sound else None


def keep(key: str, choice: ThreadChoice) -> ThreadChoice:
    """Keeps a choice, and returns it, or the one that another process has kept meanwhile.

    The first one stays: both processes then compute with the same count. A folder that cannot be
    written to is no reason to end a training.
    """
    path = folder() / f"{key}.json"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(".tmp", "threads-", folder())
    except OSError:
        return choice

    try:
        with os.fdopen(handle, "wb") as file:
            file.write(files.json_line(asdict(choice)))

        return _place(Path(name), path, key) or choice
    except OSError:
        return choice
    finally:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)


def _place(written: Path, path: Path, key: str) -> ThreadChoice | None:
    """Moves a written file to its place, unless a sound one lies there: that one is returned."""
    try:
        os.link(written, path)  # it fails where there is one, and is whole at once
    except OSError:  # there is one, or the disk has no links
        known = kept(key)
        if known is not None:
            return known

        written.replace(path)

    return None
