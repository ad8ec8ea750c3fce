"""Checkpoints: the state from which a run goes on, bit for bit, and the best epoch.

    checkpoints/state-000007/   model, optimizer, margins, state.json; the newest two stay
    checkpoints/epoch-0007/     the same after an epoch, where a person wants to keep each
    checkpoints/best/           model, state.json, description.json, graph.json, problem.json,
                                and validation.npz, what it predicts for the validation split
    checkpoints/best-before/    the best epoch that the state before may name
    checkpoints/best-next/      the best epoch until the state that names it is safe

A save is three renames: best-next, the state, then best-next becomes best. Whenever a kill comes,
the best epoch that the newest state names is there under one of the three names. Tensors are in
safetensors, the rest is JSON; nothing is pickled. Neither safetensors nor torch notices a flipped
bit, so the hashes of the manifest are compared before anything is parsed.

The best epoch can be used without its data.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import safetensors.torch

from app.engine import files
from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.foreign import foreign_reader
from app.engine.runs.run import BEST, BEST_BEFORE, BEST_NEXT, Run
from app.engine.runs.storage.checkpoint_folder import (
    PREDICTIONS,
    Damaged,
    json_of,
    read_verified,
    remove,
    tidy,
    unreadable_is_damaged,
    write_folder,
)
from models.graph import Graph
from models.shape import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.tensors import Tensors

MARGINS = "margins.safetensors"

KEPT = 2
"""States that stay on the disk."""

LEFT_BEHIND = re.compile(
    r"(state-\d{6,}|epoch-\d{4,}|best|best-before|best-next)((\.\d+)?\.gone|\.\d+)\.tmp( \d+)?"
)
"""Names of what a kill leaves half written or half deleted."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two steps.

    model: weights and buffers by their names in the network. optimizer: see optimizer_tensors.
    state: plain data, the progress among it. margins: see training.margin_keeper; {} for none.
    """

    model: Tensors
    optimizer: Tensors
    state: dict[str, Any]
    margins: Tensors = field(default_factory=dict)


@dataclass(frozen=True)
class Best:
    """The best epoch so far, with all that is needed to use it.

    state: epoch, step, loss, metrics, task, experiment. predictions: what it predicts for the
    validation split, as .npz; b"" where that is not known.
    """

    model: Tensors
    description: Description
    graph: Graph
    problem: Problem
    state: dict[str, Any]
    predictions: bytes = b""


# --- writing


def save(folder: Path, checkpoint: Checkpoint, best: Best | None = None) -> Path:
    """Writes a new checkpoint into a run's `checkpoints`, and removes all but the newest two.

    best: the best epoch that the state names, where it is not on the disk yet. Raises UserError
    where the disk is full or refuses; what was there before is untouched then.
    """
    if best is not None:
        _finish_promotion(folder)
        _write_best(folder, best)

    number = max((_number(path) for path in _states(folder)), default=0) + 1
    contents = {
        "model.safetensors": _bytes(checkpoint.model),
        "optimizer.safetensors": _bytes(checkpoint.optimizer),
        "state.json": files.json_bytes(checkpoint.state),
    }
    if checkpoint.margins:
        contents[MARGINS] = _bytes(checkpoint.margins)

    target = write_folder(folder, f"state-{number:06d}", contents)

    if best is not None:
        _promote(folder)

    for old in _states(folder)[:-KEPT]:
        tidy(old)

    return target


def save_best(folder: Path, best: Best) -> None:
    """Replaces the best epoch alone, where the newest state names it already or none does.

    Raises UserError; the one before is untouched then.
    """
    _write_best(folder, best)
    _promote(folder)


def _finish_promotion(folder: Path) -> None:
    """Makes `best-next` the best where the newest state names it and a rename was refused before.

    Raises UserError where it is refused again: the next best would take its place.
    """
    states = _states(folder)
    if not states or not (folder / BEST_NEXT).exists():
        return

    try:
        newest_state = json_of(read_verified(states[-1], ("state.json",))["state.json"])
        next_state = json_of(read_verified(folder / BEST_NEXT, ("state.json",))["state.json"])
        is_named = newest_state["progress"]["best_step"] == next_state["step"]
    except (Damaged, KeyError, TypeError):
        return  # no state that can be used names it

    if is_named and not _promote(folder):
        raise UserError(
            f"'{folder / BEST}' could not be renamed.",
            "Close the program that has it open.",
        )


def _write_best(folder: Path, best: Best) -> None:
    contents = {
        "model.safetensors": _bytes(best.model),
        "state.json": files.json_bytes(best.state),
        "description.json": files.json_bytes(best.description.to_plain()),
        "graph.json": files.json_bytes(best.graph.to_plain()),
        "problem.json": files.json_bytes(best.problem.to_plain()),
    }
    if best.predictions:
        contents[PREDICTIONS] = best.predictions

    write_folder(folder, BEST_NEXT, contents)


def _promote(folder: Path) -> bool:
    """Makes `best-next` the best; returns whether the renames were allowed.

    Where one is refused it keeps its name and is found by it. The best before is kept: the state
    before, which is used where the newest is damaged, names it.
    """
    try:
        if (folder / BEST).exists():
            remove(folder / BEST_BEFORE)
            files.rename(folder / BEST, folder / BEST_BEFORE)

        files.rename(folder / BEST_NEXT, folder / BEST)
    except OSError:
        return False

    files.sync_folder(folder)
    return True


def _bytes(tensors: Tensors) -> bytes:
    """Returns tensors in the safetensors format.

    They are serialised in memory, so that a full disk is an OSError with its own sentence, which it
    is not in torch.save and save_file.
    """
    return safetensors.torch.save(tensors)


# --- reading


def newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Returns the newest checkpoint that is whole, and a sentence for each damaged one before it.

    None where no checkpoint is whole.
    """
    damaged: list[str] = []
    for path in reversed(_states(folder)):
        try:
            contents = read_verified(path)
            with unreadable_is_damaged():
                return Checkpoint(
                    _tensors(contents["model.safetensors"]),
                    _tensors(contents["optimizer.safetensors"]),
                    json_of(contents["state.json"]),
                    _tensors(contents[MARGINS]) if MARGINS in contents else {},
                ), damaged
        except Damaged as error:
            damaged.append(
                f"The checkpoint '{path.name}' is damaged ({error}) and was passed over."
            )

    return None, damaged


def read_best(run: Run) -> Best:
    """Returns the best epoch of a run. Raises UserError where there is none or it is damaged."""
    folder = run.best_folder
    if folder is None:
        raise UserError(
            f"The run '{run.name}' has kept no weights yet.",
            "Let it train at least until the first epoch is judged.",
        )

    try:
        return _read_best(folder)
    except Damaged as error:
        raise UserError(
            f"The best weights of the run '{run.name}' are damaged ({error}).",
            "Resume the run, or train it again.",
        ) from error


def best_of_step(folder: Path, step: int) -> Best | None:
    """Returns the best epoch that a state names by its step, and makes it the only one there.

    None where it is missing or damaged; then the folders stay as they are.
    """
    for name in (BEST_NEXT, BEST, BEST_BEFORE):
        with contextlib.suppress(Damaged):
            best = _read_best(folder / name)
            if best.state.get("step") == step:
                _keep_only(folder, name)
                return best

    return None


def _keep_only(folder: Path, name: str) -> None:
    """Names one of the three best epochs `best` and removes the others: they are of steps to come.

    `best-before` stays where it is not the one: the state before may name it.
    """
    with contextlib.suppress(OSError):
        if name != BEST:
            if name == BEST_NEXT and (folder / BEST).exists():
                _promote(folder)
                return

            remove(folder / BEST)
            files.rename(folder / name, folder / BEST)

        remove(folder / BEST_NEXT)


def _read_best(folder: Path) -> Best:
    """Raises Damaged."""
    contents = read_verified(folder)
    with unreadable_is_damaged():
        return Best(
            _tensors(contents["model.safetensors"]),
            Description.from_plain(json_of(contents["description.json"])),
            Graph.from_plain(json.loads(contents["graph.json"])),
            Problem.from_plain(json_of(contents["problem.json"])),
            json_of(contents["state.json"]),
            contents.get(PREDICTIONS, b""),
        )


def clean(folder: Path) -> None:
    """Removes what a kill left half written or half deleted; nothing else has such a name."""
    if not folder.is_dir():
        return

    for path in folder.iterdir():
        if LEFT_BEHIND.fullmatch(path.name) and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def drop_damaged(folder: Path, used: Checkpoint) -> None:
    """Removes the states after the one that is used, which are damaged.

    They would count among the newest two and push out good ones.
    """
    for path in reversed(_states(folder)):
        with contextlib.suppress(Damaged, KeyError):
            if json_of(read_verified(path)["state.json"]) == used.state:
                return

        tidy(path)


def drop_best(folder: Path) -> None:
    """Removes the best epochs, for a run that chooses its best anew."""
    for name in (BEST_NEXT, BEST, BEST_BEFORE):
        tidy(folder / name)


def drop_all(folder: Path) -> None:
    """Removes every checkpoint, for a run that starts over from its first step."""
    clean(folder)
    drop_best(folder)
    for path in (*_states(folder), *folder.glob("epoch-*")):
        tidy(path)


def _states(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run, oldest first."""
    return sorted((path for path in folder.glob("state-*") if _number(path)), key=_number)


def _number(path: Path) -> int:
    text = path.name.removeprefix("state-")
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else 0


def _tensors(content: bytes) -> Tensors:
    """Raises Damaged: the bytes are what was written, so an error here means another format."""
    with foreign_reader(lambda text: Damaged(f"its tensors are unreadable: {text}")):
        return safetensors.torch.load(content)
