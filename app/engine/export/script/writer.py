"""Writes a run as one script, section by section, and as a notebook of the same cells."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, NamedTuple

from app.engine.compute.batches import batch_count
from app.engine.compute.randomness import mix_seed
from app.engine.export.script import head, live_changes, loop
from app.engine.export.script.evaluation import evaluation
from app.engine.export.script.parts import Parts, block
from app.engine.export.script.source import ScriptSource
from models.code.calls import literal
from models.code.source import Renames, definition_lines

if TYPE_CHECKING:
    from app.engine.export.trained_network import TrainedNetwork

WIDTH = 88

FROM = {
    "Path": "from pathlib import Path",
    "functional": "from torch.nn import functional",
    "load_file": "from safetensors.torch import load_file",
    "nn": "from torch import nn",
    "np": "import numpy as np",
    **{name: f"import {name}" for name in ("argparse", "copy", "hashlib", "math", "torch")},
}
"""The imports by the names that need them."""


class Section(NamedTuple):
    """A part of a script that a reader takes in at once. title: "" of the head."""

    title: str
    text: str


class Script(NamedTuple):
    """A script in sections; documentation: what its docstring says, in paragraphs."""

    documentation: tuple[str, ...]
    imports: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        text = head.docstring(self.documentation) + "\n" + self.imports
        for title, code in self.sections:
            # Two lines stand around definitions, as ruff and Black have it.
            between = "\n\n\n" if code.startswith(("def ", "class ", "@")) else "\n\n"
            above = "\n" if text.endswith(self.imports) else "\n\n"
            text += f"{above}# --- {title}{between}{code}"

        return text


def write_script(
    trained: TrainedNetwork,
    file: str,
    data: str,
    start: str,
    source: ScriptSource | None = None,
    checked: str = "",
) -> tuple[Script, Parts]:
    """Returns the script of a run, and what its parts say.

    file, data, start: the names of the script, of the file with the data beside it, and of that
    with the weights of an earlier run where it began with such. source: the run itself, unless the
    script is to do something otherwise. checked: what its head says of the check. Raises UserError
    where a script could not reproduce the run.
    """
    parts = Parts(source or ScriptSource.of(trained))
    sections = (
        Section("settings", _settings(parts)),
        Section("data", head.data(parts, data, start)),
        Section("what the network reads", "\n\n".join(half.text for half in parts.halves)),
        Section("the network", _network(parts)),
        Section("what it learns", _learning(parts)),
        Section("optimizer and learning rate", _optimizer(parts)),
        Section("random numbers", _randomness(parts)),
        Section("evaluation", evaluation(parts)),
        Section("training", loop.training(parts)),
        Section("from the command line", loop.main(parts)),
    )
    tidied = tuple(Section(title, _tidy(text, parts)) for title, text in sections if text)
    documentation = head.documentation(parts, file, checked)
    return Script(documentation, _imports(tidied, parts), tidied), parts


def _settings(parts: Parts) -> str:
    source = parts.source
    training = source.resolved.training
    lines = [
        f"SEED = {training.seed}",
        f"THREADS = {source.threads}  # another number adds up in another order: other bits",
        f"EPOCHS = {training.epochs}",
        f"BATCH_SIZE = {source.step_size}",
        f"PEAK_RATE = {source.resolved.optimizer.peak_rate()!r}",
    ]
    if "STEPS" in parts.schedule.text:
        lines.append(f"STEPS = {source.steps}  # of the whole run")

    return "\n".join([*lines, *source.live.constants]) + "\n"


def _network(parts: Parts) -> str:
    definitions = "\n".join(parts.network_definitions).strip("\n")
    first_weights = "\n".join(parts.first_weights)
    texts = (definitions, parts.network.text.strip("\n"), first_weights)
    return "\n\n\n".join(filter(None, texts))


def _learning(parts: Parts) -> str:
    task, loss = parts.task, parts.loss
    functions = "\n".join(parts.function_lines(*task.functions, *loss.functions)).strip("\n")
    texts = (functions, task.text, task.answers, loss.text, task.figure[1])
    return "\n\n".join(text.strip("\n") + "\n" for text in texts if text)


def _optimizer(parts: Parts) -> str:
    """Returns the groups of weights, and the schedule."""
    return "\n\n".join(filter(None, (_groups(parts), parts.schedule.text)))


def _groups(parts: Parts) -> str:
    """Returns the function that groups the weights; "" where all are treated alike."""
    optimizer = parts.source.resolved.optimizer
    decay = optimizer.decay_rate()
    several = len(parts.optimizers) > 1
    divides = parts.divides
    if not divides and not several:
        return ""

    if several:
        return _matrix_groups(parts, decay)

    changes = live_changes.DECAY in parts.source.live.names
    yes, no = (', "decays": True', ', "decays": False') if changes else ("", "")
    exempt = parts.undecayed
    names = f"UNDECAYED = {literal(exempt)}\n\n\n" if exempt else ""
    condition = "parameter.ndim > 1" + (" and name not in UNDECAYED" if exempt else "")
    return (
        f"{names}def parameter_groups(network: Network) -> list[dict]:\n"
        '    """Weight decay for matrices and filters; biases and norms are left alone."""\n'
        "    decayed, undecayed = [], []\n"
        "    for name, parameter in network.named_parameters():\n"
        f"        if {condition}:\n"
        "            decayed.append(parameter)\n"
        "        else:\n"
        "            undecayed.append(parameter)\n\n"
        "    return [\n"
        f'        {{"params": decayed, "weight_decay": {decay!r}{yes}}},\n'
        f'        {{"params": undecayed, "weight_decay": 0.0{no}}},\n'
        "    ]\n"
    )


def _matrix_groups(parts: Parts, decay: float) -> str:
    """Returns the groups of matrices between hidden layers, and of the rest."""
    exempt = parts.undecayed if parts.divides else []
    names = f"UNDECAYED = {literal(exempt)}\n" if exempt else ""
    condition = "parameter.ndim > 1" + (" and name not in UNDECAYED" if exempt else "")
    chosen = f"{decay!r} if {condition} else 0.0" if parts.divides else repr(decay)
    lines = [f"decay = {chosen}", 'groups.append({"params": [parameter], "weight_decay": decay})']
    if parts.divides and live_changes.DECAY in parts.source.live.names:
        lines = [
            f"decays = {condition}",
            f"decay = {decay!r} if decays else 0.0",
            'group = {"params": [parameter], "weight_decay": decay, "decays": decays}',
            "groups.append(group)",
        ]

    return (
        f"MATRICES = {literal(parts.matrices)}\n{names}\n\n"
        "def parameter_groups(network: Network, matrices: bool) -> list[dict]:\n"
        '    """The matrices between hidden layers, or all other weights, each with its decay."""\n'
        "    groups = []\n"
        "    for name, parameter in network.named_parameters():\n"
        "        if (name in MATRICES) == matrices:\n" + block(lines, 12) + "\n    return groups\n"
    )


def _randomness(parts: Parts) -> str:
    constants = loop.seed_constants(parts)
    accumulates = parts.source.resolved.training.accumulation > 1
    functions = (mix_seed, batch_count) if accumulates else (mix_seed,)
    lines = "\n".join(parts.function_lines(*functions)).strip("\n")
    return f"{constants}\n\n{lines}\n"


def _tidy(text: str, parts: Parts) -> str:
    """Returns code with long statements broken, and without casts that change nothing."""
    if not parts.source.is_mixed:
        text = text.replace("outputs.float()", "outputs")
        text = text.replace(".flatten(0, 1).float()", ".flatten(0, 1)")

    lines = text.strip("\n").splitlines()
    for node in reversed(ast.parse("\n".join(lines)).body):
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)]) - 1
        last = node.end_lineno or node.lineno
        if any(len(line) > WIDTH for line in lines[first:last]):
            lines[first:last] = definition_lines(lines, node, Renames())

    return "\n".join(lines) + "\n"


def _imports(sections: tuple[Section, ...], parts: Parts) -> str:
    """Returns the imports that the sections need: the standard library's, then the others."""
    found = set(parts.definitions.imports)
    for _, text in sections:
        used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        found |= {FROM[name] for name in used if name in FROM}

    groups: dict[bool, list[str]] = {True: [], False: []}
    for line in found:
        groups[line.split()[1].partition(".")[0] in sys.stdlib_module_names].append(line)

    return "\n".join(
        "\n".join(sorted(group, key=lambda line: (line.startswith("from"), line))) + "\n"
        for group in groups.values()
        if group
    )
