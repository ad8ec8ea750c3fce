"""Checkpoints: the state from which a run goes on, bit for bit, and the best epoch.

A checkpoint is a folder: tensors in safetensors, the rest JSON, and a manifest with the SHA-256 of
every file, written last. The folder is written beside its place and renamed, so it is whole or not
there. Neither safetensors nor torch notices a flipped bit, so the hashes are compared before
anything is parsed. Nothing is pickled.

    checkpoints/state-000007/   model, optimizer, state.json; the newest two stay
    checkpoints/best/           model, state.json, description.json, graph.json, problem.json

The best epoch can be used without its data.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from app.engine import files
from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs.run import Run, remove
from models.graph import Graph
from models.shape import Problem

MANIFEST = "manifest.json"
BEST = "best"
BEST_BEFORE = "best-before"
KEPT = 2
"""States that stay on the disk."""

COUNTERS = ("step", "mu_product")
"""States of a single number, which PyTorch keeps on the CPU unless the optimizer is fused."""

Tensors = dict[str, torch.Tensor]


class Damaged(Exception):
    """A checkpoint cannot be used; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two steps.

    model: weights and buffers by their names in the network. optimizer: see optimizer_tensors.
    state: plain data, the progress among it.
    """

    model: Tensors
    optimizer: Tensors
    state: dict[str, Any]


@dataclass(frozen=True)
class Best:
    """The best epoch so far, with all that is needed to use it.

    state: epoch, step, loss, metrics, task, experiment.
    """

    model: Tensors
    description: Description
    graph: Graph
    problem: Problem
    state: dict[str, Any]


# --- writing


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Writes a new checkpoint into a run's `checkpoints`, and removes all but the newest two.

    Raises UserError where the disk is full or refuses; what was there before is untouched then.
    """
    number = max((_number(path) for path in _states(folder)), default=0) + 1
    target = folder / f"state-{number:06d}"
    contents = {
        "model.safetensors": _bytes(checkpoint.model),
        "optimizer.safetensors": _bytes(checkpoint.optimizer),
        "state.json": _json(checkpoint.state),
    }

    written = _write(folder, target.name, contents)
    _rename(written, target)

    for old in _states(folder)[:-KEPT]:
        remove(old)

    return target


def save_best(folder: Path, best: Best) -> Path:
    """Replaces `checkpoints/best`. Raises UserError; the one before is untouched then."""
    contents = {
        "model.safetensors": _bytes(best.model),
        "state.json": _json(best.state),
        "description.json": _json(best.description.to_plain()),
        "graph.json": _json(best.graph.to_plain()),
        "problem.json": _json(best.problem.to_plain()),
    }
    written = _write(folder, BEST, contents)

    target = folder / BEST
    if target.exists():
        remove(folder / BEST_BEFORE)
        _rename(target, folder / BEST_BEFORE)

    _rename(written, target)
    remove(folder / BEST_BEFORE)
    return target


def _write(folder: Path, name: str, contents: dict[str, bytes]) -> Path:
    """Writes a folder beside its place, its manifest last; returns its path.

    Raises UserError and leaves nothing behind.
    """
    part = folder / f"{name}.{os.getpid()}.tmp"
    size = sum(map(len, contents.values()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < size + 65536:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()

        for file, content in contents.items():
            _write_file(part / file, content)

        hashes = {
            file: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for file, content in contents.items()
        }
        _write_file(part / MANIFEST, _json({"netwright": toml_file.FORMAT, "files": hashes}))
        files.sync_folder(part)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise files.disk_error(error, folder / name) from error

    return part


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _rename(source: Path, target: Path) -> None:
    try:
        os.rename(source, target)
    except OSError as error:
        shutil.rmtree(source, ignore_errors=True)
        raise files.disk_error(error, target) from error
    files.sync_folder(target.parent)


def _bytes(tensors: Tensors) -> bytes:
    """Returns tensors in the safetensors format.

    They are serialised in memory, so that a full disk is an OSError with its own sentence, which it
    is not in torch.save and save_file.
    """
    return safetensors.torch.save(tensors)


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


# --- reading


def newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Returns the newest checkpoint that is whole, and a sentence for each damaged one before it.

    None where no checkpoint is whole.
    """
    damaged: list[str] = []
    for path in reversed(_states(folder)):
        try:
            contents = read_verified(path)
            return Checkpoint(
                _tensors(contents["model.safetensors"]),
                _tensors(contents["optimizer.safetensors"]),
                json.loads(contents["state.json"]),
            ), damaged
        except (Damaged, KeyError, ValueError) as error:
            damaged.append(
                f"The checkpoint '{path.name}' is damaged ({_reason(error)}) and was passed over."
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
        contents = read_verified(folder)
        return Best(
            _tensors(contents["model.safetensors"]),
            Description.from_plain(json.loads(contents["description.json"])),
            Graph.from_plain(json.loads(contents["graph.json"])),
            Problem.from_plain(json.loads(contents["problem.json"])),
            json.loads(contents["state.json"]),
        )
    except (Damaged, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The best weights of the run '{run.name}' are damaged ({_reason(error)}).",
            "Resume the run, or train it again.",
        ) from error


def read_verified(folder: Path) -> dict[str, bytes]:
    """Returns the files named in a checkpoint's manifest, after comparing their hashes.

    Raises Damaged.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        contents = {}
        for name, entry in manifest["files"].items():
            if Path(name).name != name:
                raise Damaged(f"'{name}' is no file name")

            content = (folder / name).read_bytes()
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                raise Damaged(f"'{name}' is not what was written")

            contents[name] = content
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Damaged("its manifest is unreadable") from error

    return contents


def clean(folder: Path) -> None:
    """Removes what a kill left half written, and finishes a replacement of `best`."""
    if not folder.is_dir():
        return

    if (folder / BEST_BEFORE).exists() and not (folder / BEST).exists():
        os.rename(folder / BEST_BEFORE, folder / BEST)

    for path in [*folder.glob("*.tmp"), folder / BEST_BEFORE]:
        shutil.rmtree(path, ignore_errors=True)


def drop_all(folder: Path) -> None:
    """Removes every checkpoint, for a run that starts over from its first step."""
    clean(folder)
    for path in [*_states(folder), folder / BEST]:
        remove(path)


def _states(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run, oldest first."""
    return sorted((path for path in folder.glob("state-*") if _number(path)), key=_number)


def _number(path: Path) -> int:
    text = path.name.removeprefix("state-")
    return int(text) if text.isdigit() else 0


def _tensors(content: bytes) -> Tensors:
    # The bytes are what was written, so an error here means another format. Its class is
    # safetensors' own.
    try:
        return safetensors.torch.load(content)
    except Exception as error:
        raise Damaged("its tensors are unreadable") from error


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, Damaged) else "a part of it is missing"


# --- tensors


def cpu_copies(tensors: Tensors) -> Tensors:
    """Returns independent copies on the CPU in the contiguous memory format.

    They can be written to a file, and they outlive the network.
    """
    return {
        name: torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach())
        for name, tensor in tensors.items()
    }


def weights_sha256(tensors: Tensors) -> str:
    """Returns the SHA-256 of the bytes of weights and buffers, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        plain = tensors[name].detach().to("cpu").contiguous()
        digest.update(plain.reshape(-1).view(torch.uint8).numpy().data)

    return digest.hexdigest()


def optimizer_tensors(network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """Returns the optimizer's state, all tensors, by the names of the weights.

    For example "head.weight/exp_avg".
    """
    names: dict[torch.Tensor, str] = {
        parameter: name for name, parameter in network.named_parameters()
    }
    state = {
        f"{names[parameter]}/{key}": value
        for parameter, values in optimizer.state.items()
        for key, value in values.items()
        if isinstance(value, torch.Tensor)
    }
    return cpu_copies(state)


def restore_optimizer(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: Tensors
) -> None:
    """Puts the state back beside the weights. Raises Damaged where it belongs to another network.

    Moments take the memory format of their weight: fused optimizers walk both by address, so a
    channels_last weight beside a plain moment would train, and be wrong.
    """
    parameters = dict(network.named_parameters())
    for name, value in tensors.items():
        owner, _, key = name.rpartition("/")
        if owner not in parameters:
            raise Damaged(f"it knows a weight '{owner}' that the network has not")

        parameter = parameters[owner]
        if key in COUNTERS:
            placed = value.to(
                parameter.device if optimizer.defaults.get("fused") else "cpu", copy=True
            )
        elif value.shape == parameter.shape:
            placed = torch.empty_like(
                parameter, dtype=value.dtype, memory_format=torch.preserve_format
            ).copy_(value)
        else:
            placed = value.to(parameter.device, copy=True)

        optimizer.state[parameter][key] = placed.detach()


def restore_model(network: torch.nn.Module, tensors: Tensors) -> None:
    """Puts weights and buffers into the network.

    Raises Damaged where they belong to another one.
    """
    own = network.state_dict()
    if set(own) != set(tensors) or any(own[name].shape != tensors[name].shape for name in own):
        raise Damaged("it belongs to another network")

    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
