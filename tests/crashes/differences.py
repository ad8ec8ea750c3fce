"""What a run that was hit left in its folder, beside one that nothing happened to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.runs import checkpoint, history
from app.engine.runs.recorded_events import read_events
from app.engine.runs.storage import manifest
from app.engine.runs.storage.checkpoint_folder import Damaged, read_verified
from app.engine.runs.tensors import weights_sha256
from tests.engine.training.small import metrics_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.engine.runs.run import Run

OF_TIME = {
    "summary.json": ("run", "name", "seconds", "examples_per_second", "memory"),
    "environment.json": ("started", "prepared"),
    "state.json": ("history_offset",),
}
"""Fields that differ from run to run. Of "prepared" all but the first step is compared."""

PACE = ("seconds", "step_seconds", "step_examples")
"""Fields of the progress that say how fast the run was."""

RECORDS = "records in metrics.jsonl"
"""What differs where the line of an epoch has no record or another."""

VARYING = ("log.txt", "memory.jsonl", "manifest.json", "metrics.jsonl", "running.lock")
"""Files of times; metrics.jsonl is compared line by line."""


def differences(whole: Run, run: Run) -> list[str]:
    """Returns where a run differs from one that nothing happened to: names of files and fields."""
    found = [*_of_json(whole, run, "summary.json"), *_of_json(whole, run, "environment.json")]
    if run.status != whole.status:
        found.append(f"status {run.status}")
    if (lines := metrics_lines(run)) != metrics_lines(whole):
        same = _recordless(lines) == _recordless(metrics_lines(whole))
        found.append(RECORDS if same else history.METRICS)

    expected = dict(_files(whole))
    files = dict(_files(run))
    found += sorted(f"missing {name}" for name in expected.keys() - files)
    found += sorted(f"left {name}" for name in files.keys() - expected)
    found += sorted(name for name in expected.keys() & files if expected[name] != files[name])

    return [*found, *_of_state(whole, run), *damage(run)]


def _recordless(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key != "record"} for line in lines]


def damage(run: Run) -> list[str]:
    """Returns the files of a run that are not what was written, and what cannot be opened."""
    found = []
    for name in _entries(run.path):
        try:
            manifest.read(run.path, name)
        except UserError as error:
            found.append(error.what)

    for folder in sorted((run.path / "checkpoints").glob("*[!p]")):  # not *.tmp
        try:
            read_verified(folder)
        except Damaged as error:
            found.append(f"{folder.name}: {error}")

    try:
        read_events(run.path)
    except UserError as error:
        found.append(error.what)

    return found


def _entries(folder: Path) -> list[str]:
    if not manifest.exists(folder):
        return []

    return sorted(json.loads((folder / manifest.MANIFEST).read_bytes())["files"])


def _files(run: Run) -> Iterator[tuple[str, bytes]]:
    """Yields names and contents of the files that two runs of one experiment share.

    States are numbered by saves, and the best before is of the state before: they are left out.
    """
    best = run.best_folder
    for path in run.path.rglob("*"):
        name = path.relative_to(run.path).as_posix()
        if path.is_dir():
            continue
        if name.startswith("checkpoints/") and ".tmp" not in name:
            # Where a rename was refused the best has the name of the next.
            if path.parent == best:
                yield f"checkpoints/best/{path.name}", path.read_bytes()
            continue

        if name not in VARYING and path.name not in OF_TIME:
            yield name, path.read_bytes()


def _of_json(whole: Run, run: Run, name: str) -> list[str]:
    """Returns the fields of a JSON file that differ."""
    expected = json.loads((whole.path / name).read_bytes())
    data = json.loads((run.path / name).read_bytes())
    if name == "environment.json":
        for plain in (expected, data):
            plain |= {f"prepared.{key}": value for key, value in plain["prepared"].items()}
            del plain["prepared.first_step"]

    return [
        f"{name} {key}"
        for key in sorted(expected.keys() | data.keys())
        if key not in OF_TIME[name] and expected.get(key) != data.get(key)
    ]


def _of_state(whole: Run, run: Run) -> list[str]:
    """Returns what differs of the newest states: weights, optimizer, progress."""
    newest, _ = checkpoint.newest(run.path / "checkpoints")
    expected, _ = checkpoint.newest(whole.path / "checkpoints")
    if newest is None or expected is None:
        return ["no state"]

    found = [
        f"last {part}"
        for part in ("model", "optimizer")
        if weights_sha256(getattr(newest, part)) != weights_sha256(getattr(expected, part))
    ]
    if _timeless(newest.state) != _timeless(expected.state):
        found.append("last state")

    return found


def _timeless(state: dict[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in state.items() if key not in OF_TIME["state.json"]}
    plain["progress"] = {key: value for key, value in state["progress"].items() if key not in PACE}
    return plain


def without_records(found: list[str]) -> list[str]:
    """Returns the differences but for those that a refused record of an epoch makes."""
    return [text for text in found if not text.startswith(("missing epochs/", RECORDS))]
