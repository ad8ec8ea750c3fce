"""Earlier weights as the start of a new run, where names and shapes agree: a run's, or a file's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from app.engine.errors import UserError
from app.engine.runs.checkpoint import Best, read_best
from app.engine.runs.findings import START_WEIGHTS, Finding, Level
from app.engine.runs.run import Run, default_folder
from app.engine.runs.weights_file import BLOCKS, SUFFIX, read_weights_file
from models.memory.without_memory import without_memory
from models.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.tensors import Tensors
    from models.graph import Graph
    from models.shape import Problem

MOST_NAMED = 8
"""Blocks that a finding names; the log has them all."""

COUNTER = ".num_batches_tracked"
"""Ends the name of a number that says nothing of what was learned."""

SPLITS = ("test_share", "validation_share", "group", "split_seed")
"""Settings of [data] that say which examples are kept apart."""

NEW = "it is new"
"""Why a block begins at random of which the earlier weights hold none."""

Form = tuple[tuple[str, tuple[int, ...]], ...]
"""The names of the weights of a block, without its own, and their shapes."""


@dataclass(frozen=True)
class TakenOver:
    """What became of earlier weights, block by block, in order.

    start: the run or the file that they are of. taken: blocks of which all is from there. fresh:
    why the others begin at random, wholly or in part. unused: blocks there of which nothing was
    taken. weights: what became of each weight, with its shape, in a sentence each. seen: a warning,
    "" for none.
    """

    start: str
    taken: tuple[str, ...]
    fresh: dict[str, str]
    unused: tuple[str, ...]
    weights: tuple[str, ...] = ()
    seen: str = ""

    def lines(self) -> list[str]:
        """Returns all of it in sentences, for the log."""
        return [
            f"weights of '{self.start}' are taken over for: {', '.join(self.taken) or 'no block'}",
            *(f"'{name}' begins at random: {why}" for name, why in self.fresh.items()),
            *(f"'{name}' of '{self.start}' is not used" for name in self.unused),
            *self.weights,
        ]

    def finding(self) -> Finding:
        """Returns what a person reads while it trains."""
        total = len(self.taken) + len(self.fresh)
        text = f"The weights of {len(self.taken)} of {total} blocks come from '{self.start}'."
        named = [f"'{name}' ({why})" for name, why in self.fresh.items()]
        if len(named) > MOST_NAMED:
            named[MOST_NAMED:] = [f"{len(named) - MOST_NAMED} more"]
        if named:
            text += f" At random begin: {', '.join(named)}."
        if any(why != NEW and why.startswith(NEW) for why in self.fresh.values()):
            text += " A block that has its old name again takes its weights over."
        if self.unused:
            text += f" Not used of it: {', '.join(self.unused[:MOST_NAMED])}."

        level: Level = "warning" if self.seen or not self.taken else "info"
        return Finding(START_WEIGHTS, level, "Earlier weights", f"{text} {self.seen}".strip())


def find_start(text: str) -> Run | Path:
    """Returns what [training] start_from names: a run, or a file of weights.

    A run is named by its folder, or by its name among one's own. Raises UserError.
    """
    path = Path(text).expanduser()
    for folder in (path, default_folder() / text):
        if (folder / "experiment.toml").is_file():
            return Run(folder.absolute())

    if path.suffix.lower() == SUFFIX and path.is_file():
        return path.absolute()

    raise UserError(
        f"There is no run '{text}', nor a file of weights, that could be the start.",
        f"Name a run, or a {SUFFIX} file, or leave this open.",
        "training.start_from",
    )


def take_over(
    network: Network, resolved: ResolvedExperiment, description: Description
) -> TakenOver | None:
    """Puts the weights that an experiment starts from into a fresh network.

    description: that of its data. It is None where the experiment names none. Raises UserError
    where they are not there, or where they cannot be read.
    """
    text = resolved.training.start_from
    if not text:
        return None

    start = find_start(text)
    if isinstance(start, Path):
        return _take(network, start.name, read_weights_file(start).by_block())

    best = read_best(start)
    return _take(network, start.name, best.model, _seen_before(best, resolved, description))


def preview(text: str, graph: Graph, problem: Problem) -> TakenOver:
    """Returns what a network of this graph would take over. Raises as `take_over` does.

    Nothing of the size of the network is allocated beside the weights that are read.
    """
    with without_memory():
        network = Network(graph, problem)

    start = find_start(text)
    if isinstance(start, Path):
        return _take(network, start.name, read_weights_file(start).by_block())

    return _take(network, start.name, read_best(start).model)


@torch.no_grad()
def _take(network: Network, start: str, tensors: Tensors, seen: str = "") -> TakenOver:
    own = network.state_dict()
    fresh: dict[str, str] = {}
    used: set[str] = set()
    weights: list[str] = []
    for name, tensor in own.items():
        block = _block(name)
        found = tensors.get(name)
        if name.endswith(COUNTER):
            tensor.copy_(found if found is not None and not found.ndim else tensor)
        elif found is None:
            fresh.setdefault(block, NEW)
            weights.append(f"weight '{_short(name)}' ({_sizes(tensor)}) begins at random")
        elif found.shape != tensor.shape:
            before, now = _sizes(found), _sizes(tensor)
            fresh.setdefault(block, f"its weights were {before} and are {now}")
            weights.append(f"weight '{_short(name)}' begins at random: {now}, there {before}")
        else:
            tensor.copy_(found.to(tensor))
            used.add(name)
            weights.append(f"weight '{_short(name)}' ({_sizes(tensor)}) is taken over")

    weights += [
        f"weight '{_short(name)}' ({_sizes(tensor)}) of '{start}' is not used"
        for name, tensor in tensors.items()
        if name not in own and not name.endswith(COUNTER)
    ]
    blocks = dict.fromkeys(_block(name) for name in own)
    used_blocks = {_block(name) for name in used}
    # In the order of the network; a file may have any.
    found_blocks = dict.fromkeys(map(_block, tensors))
    there = [*(each for each in blocks if each in found_blocks), *found_blocks]
    unused = tuple(dict.fromkeys(block for block in there if block not in used_blocks))
    new = [block for block, why in fresh.items() if why == NEW]
    for block, old in _renamed(_forms(own), new, _forms(tensors), unused).items():
        fresh[block] = f"{NEW}, or was called '{old}'"

    return TakenOver(
        start,
        tuple(block for block in blocks if block not in fresh),
        fresh,
        unused,
        tuple(weights),
        seen,
    )


def _short(name: str) -> str:
    return name.removeprefix(BLOCKS)


def _block(name: str) -> str:
    """Returns the block that a name of a weight begins with."""
    return _short(name).partition(".")[0]


def _sizes(tensor: torch.Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "one number"


def _forms(state: Mapping[str, torch.Tensor]) -> dict[str, Form]:
    """Returns the form of each block, by its name."""
    forms: dict[str, Form] = {}
    for name in sorted(state):
        if name.endswith(COUNTER):
            continue

        block = _block(name)
        rest = _short(name).removeprefix(block)
        forms[block] = (*forms.get(block, ()), (rest, tuple(state[name].shape)))

    return forms


def _renamed(
    forms: Mapping[str, Form],
    new: Sequence[str],
    forms_before: Mapping[str, Form],
    unused: Sequence[str],
) -> dict[str, str]:
    """Returns blocks that may have had another name in the earlier weights, with that name.

    Blocks of one form are taken in their order, as each can have been only one.
    """
    left = list(unused)
    found: dict[str, str] = {}
    for block in new:
        old = next((name for name in left if forms_before.get(name) == forms[block]), "")
        if old:
            left.remove(old)
            found[block] = old

    return found


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
