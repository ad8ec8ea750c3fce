"""Whole states of epochs, kept where a person asked for it: checkpoints/epoch-0007.

Each is a checkpoint like the newest two, so that a training can go on from it, in a run of its own.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import safetensors.torch
from safetensors import SafetensorError

from app.engine import files
from app.engine.errors import UserError
from app.engine.runs import checkpoint
from app.engine.runs.copies import branched
from app.engine.runs.looks.epoch_looks import FOLDER, kept_states, looked_at
from app.engine.runs.storage.checkpoint_folder import (
    Damaged,
    json_of,
    read_verified,
    remove,
    unreadable_is_damaged,
)

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run
    from app.engine.runs.tensors import Tensors


def keep(state: Path, epoch: int) -> None:
    """Keeps a state that was just written as that of an epoch, beside it.

    Its files become links where the disk can: they take no room twice, and are never written to.
    Raises OSError.
    """
    target = state.with_name(f"epoch-{epoch:04d}")
    part = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for path in state.iterdir():
        try:
            os.link(path, part / path.name)
        except OSError:  # file systems without links
            with files.open_regular(path) as file, (part / path.name).open("xb") as copy:
                shutil.copyfileobj(file, copy)

    files.sync_folder(part)
    remove(target)
    files.rename(part, target)


def read_kept(run: Path, epoch: int) -> tuple[Tensors, dict[str, Any]] | None:
    """Returns weights and state after an epoch; None where it was not kept or is damaged."""
    try:
        contents = read_verified(_folder(run, epoch))
        with unreadable_is_damaged():
            weights = safetensors.torch.load(contents["model.safetensors"])
            return weights, json_of(contents["state.json"])
    except (Damaged, SafetensorError):
        return None


def branch_at(run: Run, epoch: int, name: str) -> Run:
    """Copies a run as it was after an epoch, to go on from there. Raises UserError.

    name: of the new folder.
    """
    kept = read_kept(run.path, epoch)
    if kept is None:
        raise UserError(
            f"The weights of epoch {epoch} of '{run.name}' are not there, or damaged.",
            "Choose an epoch that was kept, or train with [training] keep_epochs.",
        )

    branch = branched(run, name)
    folder = branch.path / "checkpoints"
    try:
        for state in folder.glob("state-*"):
            remove(state)

        _folder(branch.path, epoch).rename(folder / "state-000001")
        for later in kept_states(branch.path):
            if later > epoch:
                remove(_folder(branch.path, later))
        for later in looked_at(branch.path):
            if later > epoch:
                (branch.path / FOLDER / f"{later:04d}.npz").unlink()

        keep(folder / "state-000001", epoch)
    except OSError as error:
        shutil.rmtree(branch.path, ignore_errors=True)
        raise files.disk_error(error, branch.path) from error

    if checkpoint.best_of_step(folder, int(kept[1]["progress"]["best_step"])) is None:
        checkpoint.drop_best(folder)  # a later one; that of then is among the kept epochs

    return branch


def _folder(run: Path, epoch: int) -> Path:
    return run / "checkpoints" / f"epoch-{epoch:04d}"
