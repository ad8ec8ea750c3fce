"""The files of a run as a bundle holds them: what using it needs, without paths of this computer.

A run that has ended goes without the state from which it would go on: the optimizer's numbers are
twice as many as the weights. It can be judged, tried and started from, but not trained longer. A
run that stopped in the middle, and one that answers with its last weights, keeps its newest state.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.export.bundle import layout
from app.engine.export.bundle.archive import Content, FileContent
from app.engine.export.bundle.private import PathRemover
from app.engine.runs.run import BEST
from app.engine.runs.storage import manifest
from app.engine.runs.storage.checkpoint_folder import MANIFEST, MOST_JSON, Damaged, read_verified
from app.engine.runs.weights_in_use import read_weights_in_use

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.runs.run import Run

ENDED = ("completed", "stopped", "diverged")

JSON_FILES = (
    "dataset.json",
    "environment.json",
    "summary.json",
    "kept.json",
    "calibration.json",
)
TEXT_FILES = ("note.txt", "log.txt")
"""Free of the manifest."""

RESULTS = tuple(
    f"results/{prefix}{split}.npz" for prefix in ("", "last-") for split in ("validation", "test")
)


def run_members(run: Run) -> dict[str, Content]:
    """Returns the files of a bundle's run by their names in the bundle.

    Raises UserError where one of them is damaged, or where the disk refuses.
    """
    remover = PathRemover(_paths_of(run))
    found: dict[str, Content] = {"experiment.toml": _settings(run, remover)}
    entries: dict[str, dict[str, Any]] = {}

    for name in JSON_FILES:
        _add(found, name, manifest.read(run.path, name), remover.json)
    for name in manifest.GROWING:
        _add(found, name, manifest.read(run.path, name), remover.json_lines)
    for name in RESULTS:
        _add(found, name, manifest.read(run.path, name))

    for name, content in found.items():
        assert isinstance(content, bytes)
        entries[name] = {"sha256": manifest.sha256_of(content)}
        if name in manifest.GROWING:
            entries[name]["bytes"] = len(content)

    for name in TEXT_FILES:
        _add(found, name, _free(run.path / name), lambda text: _clean_text(text, remover))
    for path in sorted((run.path / "epochs").glob("*.npz")):
        if layout.MEMBER.fullmatch(f"{layout.RUN}epochs/{path.name}"):
            found[f"epochs/{path.name}"] = files.read_regular(path, manifest.MOST)

    found |= _checkpoints(run, remover)
    found[manifest.MANIFEST] = files.json_bytes({"netwright": 1, "files": entries})
    return {f"{layout.RUN}{name}": content for name, content in found.items()}


def holds_state(run: Run) -> bool:
    """Returns whether a bundle of the run holds the state from which it goes on."""
    return run.status not in ENDED or read_weights_in_use(run).use == "last"


def _paths_of(run: Run) -> list[str]:
    """Returns the paths that the run's files name: of its data, of the run, and of its start."""
    experiment = run.experiment()
    summary = run.summary()
    paths = [experiment.data.source, str(run.dataset().get("source", ""))]
    paths.append(experiment.data.revision or "")
    paths += [str(run.path), str(run.path.resolve()), str(summary.get("run", ""))]
    return [*paths, experiment.training.start_from or ""]


def _settings(run: Run, remover: PathRemover) -> bytes:
    experiment = run.experiment()
    source = experiment.data.source
    if not source.startswith("sample:"):
        source = remover.text(source)

    start = experiment.training.start_from
    revision = experiment.data.revision
    revision = remover.text(revision) if revision else None
    experiment = experiment.replace(
        data=experiment.data.replace(source=source, revision=revision),
        training=experiment.training.replace(start_from=remover.text(start) if start else None),
    )
    return toml_file.dumps(experiment).encode()


def _add(
    found: dict[str, Content],
    name: str,
    content: bytes | None,
    clean: Callable[[bytes], bytes] = bytes,
) -> None:
    """Adds a file where there is one."""
    if content is not None:
        found[name] = clean(content)


def _free(path: Path) -> bytes | None:
    try:
        return files.read_regular(path, MOST_JSON)
    except FileNotFoundError:
        return None


def _clean_text(content: bytes, remover: PathRemover) -> bytes:
    return remover.text(content.decode("utf-8", "replace")).encode()


# --- checkpoints


def _checkpoints(run: Run, remover: PathRemover) -> dict[str, Content]:
    """Returns the best epoch and, where it is needed, the newest state. Raises UserError."""
    found: dict[str, Content] = {}
    best = run.best_folder
    if best is not None:
        found |= _checkpoint(run, best, f"checkpoints/{BEST}", remover)

    if not holds_state(run):
        return found

    states = sorted((run.path / "checkpoints").glob("state-*"))
    names = [path for path in states if (path / MANIFEST).is_file()]
    if names:
        found |= _checkpoint(run, names[-1], f"checkpoints/{names[-1].name}", remover)

    return found


def _checkpoint(run: Run, folder: Path, name: str, remover: PathRemover) -> dict[str, Content]:
    """Returns the files of a checkpoint. Raises UserError where it is damaged."""
    try:
        contents = read_verified(folder, layout.CHECKPOINT_JSON)
        plain = json.loads(files.read_regular(folder / MANIFEST, MOST_JSON))
    except (Damaged, OSError, ValueError) as error:
        raise UserError(
            f"The checkpoint '{folder.name}' of the run '{run.name}' is damaged ({error}).",
            "Resume the run, or train it again.",
        ) from error

    found: dict[str, Content] = {}
    entries: dict[str, dict[str, Any]] = {}
    for file, entry in plain["files"].items():
        if file in layout.CHECKPOINT_OTHERS:
            found[file] = FileContent(folder / file, entry["bytes"], entry["sha256"])
            entries[file] = entry
        elif file in contents:
            cleaned = remover.json(contents[file])
            found[file] = _with_offset(run, file, cleaned, remover)
            entries[file] = _entry(found[file])

    found[MANIFEST] = files.json_bytes({**plain, "files": entries})
    return {f"{name}/{file}": content for file, content in found.items()}


def _entry(content: Content) -> dict[str, Any]:
    assert isinstance(content, bytes)
    return {"sha256": manifest.sha256_of(content), "bytes": len(content)}


def _with_offset(run: Run, file: str, content: bytes, remover: PathRemover) -> bytes:
    """Returns state.json with the place in metrics.jsonl where it stood, after the cleaning."""
    state = json.loads(content)
    if file != "state.json" or "history_offset" not in state:
        return content

    history = manifest.read(run.path, "metrics.jsonl") or b""
    before = history[: state["history_offset"]]
    length = len(remover.json_lines(before))
    if length == len(before):
        return content

    return files.json_bytes(state | {"history_offset": length})
