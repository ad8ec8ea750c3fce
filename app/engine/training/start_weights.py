"""The weights of an earlier run as the start of a new one, where names and shapes agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from app.engine.errors import UserError
from app.engine.runs.checkpoint import Best, read_best
from app.engine.runs.findings import Finding, Level
from app.engine.runs.run import Run, default_folder

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from models.network import Network

MOST_NAMED = 8
"""Blocks that a finding names; the log has them all."""

SPLITS = ("test_share", "validation_share", "group", "split_seed")
"""Settings of [data] that say which examples are kept apart."""

PREFIX = "blocks."


@dataclass(frozen=True)
class TakenOver:
    """What became of the weights of an earlier run, block by block, in order.

    taken: blocks of which all is from there. fresh: why the others begin at random, wholly or in
    part. unused: blocks of the earlier run of which nothing was taken.
    """

    run: str
    taken: tuple[str, ...]
    fresh: dict[str, str]
    unused: tuple[str, ...]
    seen: str = ""

    def lines(self) -> list[str]:
        """Returns all of it in sentences, for the log."""
        return [
            f"weights of '{self.run}' are taken over for: {', '.join(self.taken) or 'no block'}",
            *(f"'{name}' begins at random: {why}" for name, why in self.fresh.items()),
            *(f"'{name}' of that run is not used" for name in self.unused),
        ]

    def finding(self) -> Finding:
        """Returns what a person reads while it trains."""
        total = len(self.taken) + len(self.fresh)
        text = f"The weights of {len(self.taken)} of {total} blocks come from '{self.run}'."
        named = [f"'{name}' ({why})" for name, why in self.fresh.items()]
        if len(named) > MOST_NAMED:
            named[MOST_NAMED:] = [f"{len(named) - MOST_NAMED} more"]
        if named:
            text += f" At random begin: {', '.join(named)}."
        if self.unused:
            text += f" Not used of that run: {', '.join(self.unused[:MOST_NAMED])}."

        level: Level = "warning" if self.seen or not self.taken else "info"
        text = f"{text} {self.seen}".strip()
        return Finding("start-weights", level, "Weights of an earlier run", text)


def find_start_run(text: str) -> Run:
    """Returns the run that [training] start_from names: a folder, or a name among one's own runs.

    Raises UserError.
    """
    for folder in (Path(text).expanduser(), default_folder() / text):
        if (folder / "experiment.toml").is_file():
            return Run(folder.absolute())

    raise UserError(
        f"There is no run '{text}' whose weights could be the start.",
        "Name a run's folder, or leave this open.",
        "training.start_from",
    )


@torch.no_grad()
def take_over(
    network: Network, resolved: ResolvedExperiment, description: Description
) -> TakenOver | None:
    """Puts the weights that an experiment starts from into a fresh network.

    description: that of its data. It is None where the experiment names no run. Raises UserError
    where the run is not there or has kept no weights.
    """
    text = resolved.training.start_from
    if not text:
        return None

    run = find_start_run(text)
    best = read_best(run)
    own = network.state_dict()
    fresh: dict[str, str] = {}
    used: set[str] = set()
    for name, tensor in own.items():
        block = _block(name)
        found = best.model.get(name)
        if found is None:
            fresh.setdefault(block, "it is new")
        elif found.shape != tensor.shape:
            sizes = " × ".join(map(str, found.shape)), " × ".join(map(str, tensor.shape))
            fresh.setdefault(block, f"its weights were {sizes[0]} and are {sizes[1]}")
        else:
            tensor.copy_(found.to(tensor))
            used.add(block)

    blocks = dict.fromkeys(_block(name) for name in own)
    before = dict.fromkeys(_block(name) for name in best.model)
    return TakenOver(
        run.name,
        tuple(block for block in blocks if block not in fresh),
        fresh,
        tuple(block for block in before if block not in used),
        _seen_before(best, resolved, description),
    )


def _block(name: str) -> str:
    """Returns the block that a name of a weight begins with."""
    return name.removeprefix(PREFIX).partition(".")[0]


def _seen_before(best: Best, resolved: ResolvedExperiment, description: Description) -> str:
    """Returns a warning where the earlier run may have learned from what is kept apart now."""
    before = best.state.get("experiment", {}).get("data", {})
    now = resolved.data.model_dump()
    same_data = best.description.fingerprint == description.fingerprint
    if same_data and all(before.get(name) == now.get(name) for name in SPLITS):
        return ""
    if not same_data and best.description.source != description.source:
        return ""

    return (
        "That run divided the same data otherwise: examples that are kept apart now may be among "
        "those that it learned from, so that validation and test may come out too good."
    )
