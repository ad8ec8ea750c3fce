"""The parts of a script that its data, its network and what it learns decide."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.data.kinds.image.augmentation_code import augmentation_code
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.errors import UserError
from app.engine.export.script import live_changes
from models.code import layout
from models.code.calls import literal
from models.code.definitions import Definitions
from models.code.first_weights import first_weights_lines
from models.code.writer import CLASS, NetworkCode, write_class
from models.network import build_model, hidden_matrices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.engine.data.preparation import Preparation, PreparationCode
    from app.engine.export.script.source import ScriptSource
    from app.engine.learning.loss import LossCode
    from app.engine.learning.optimizer import OptimizerCode
    from app.engine.learning.schedule import ScheduleCode
    from app.engine.learning.task import TaskCode
    from app.engine.runs.tensors import Tensors

NAMES = (
    CLASS,
    *(
        "answers",
        "augment",
        "batches",
        "evaluate",
        "initialise",
        "loss",
        "main",
        "parameter_groups",
    ),
    *("prepare", "rate_factor", "sha256", "token_sum", "totals", "train"),
)
"""Names of the script that nothing else in it may have."""


@dataclass(frozen=True)
class Half:
    """The examples, or one half of pairs.

    key: of its array in the data. constant: the variable that holds it. prepare, augment: the
    names of the functions; augment is "" where nothing is varied. text: defines them. arrays: what
    it reads of numbers, by the names of constants in small letters. note: on the array.
    """

    key: str
    constant: str
    prepare: str
    augment: str
    text: str
    read: str
    arrays: dict[str, np.ndarray]
    note: str

    @property
    def in_evaluation(self) -> str:
        """The expression of a batch of examples in evaluation."""
        return f"{self.prepare}({self.constant}[rows])"

    @property
    def in_training(self) -> str:
        """The same in training."""
        if not self.augment:
            return self.in_evaluation

        return f"{self.prepare}({self.augment}({self.constant}[rows], generator))"


class Parts:
    """What the choices of a run declare about their code."""

    def __init__(self, source: ScriptSource) -> None:
        """Raises UserError where a choice has no code."""
        self.source = source
        description = source.description
        resolved = source.resolved
        counts = description.counts["training"]
        try:
            self.task: TaskCode = source.task.code(description)
            live = live_changes.SMOOTHING in source.live.names
            loss_code = resolved.loss.live_code if live else resolved.loss.code
            self.loss: LossCode = loss_code(counts, description.size("training"), source.task.kind)
            self.schedule: ScheduleCode = resolved.schedule.code()
            self.optimizers: tuple[OptimizerCode, ...] = resolved.optimizer.code("cpu")
            self.halves = _halves(source)
        except NotImplementedError as error:
            raise UserError(
                f"This run cannot be written as a script: {error}.", "Choose another format."
            ) from error

        self.definitions = Definitions(set(NAMES), mixed=source.is_mixed)
        self.network: NetworkCode = write_class(source.graph, source.problem, self.definitions)
        self._built = build_model(source.graph, source.problem, resolved.training.seed)
        self.first_weights = (
            first_weights_lines(self._built, self.network.prefixes, self.definitions)
            if source.start is None
            else []
        )
        self.network_definitions = self.definitions.take()
        if len(self.optimizers) > 1:
            # One of them may have nothing to do, as in a CNN, which has few matrices.
            rest = len(self.names) - len(self.matrices)
            self.optimizers = tuple(
                each for each in self.optimizers if (self.matrices if each.matrices else rest)
            )

    # --- small facts

    @property
    def targets(self) -> str:
        """The variable of the targets; "" where there is none."""
        return self.task.targets.upper()

    @property
    def draws(self) -> bool:
        """Whether examples take random numbers in training."""
        return self.task.draws or any(half.augment for half in self.halves)

    @property
    def draws_on_device(self) -> bool:
        """Whether a training takes random numbers that the device draws: all but the order."""
        return self.draws or self.source.network_draws

    @property
    def call(self) -> str:
        """The call of the network: halves of pairs are two arguments."""
        return "network(inputs)" if len(self.halves) == 1 else "network(*inputs)"

    @property
    def divides(self) -> bool:
        """Whether weight decay is for some of the weights, at least for a while."""
        optimizer = self.source.resolved.optimizer
        decays = optimizer.decay_rate() or live_changes.DECAY in self.source.live.names
        return bool(decays) and not optimizer.decay_all

    @property
    def has_runs(self) -> bool:
        """Whether an epoch keeps examples of a class together."""
        return any(function.__name__ == "runs_of_classes" for function in self.task.functions)

    def batch_lines(self, training: bool) -> tuple[str, ...]:
        """Returns the lines that set `inputs` and `targets` of the examples `rows`."""
        inputs = [half.in_training if training else half.in_evaluation for half in self.halves]
        return tuple(
            line.format(
                inputs=inputs[0] if len(inputs) == 1 else f"({', '.join(inputs)})",
                targets=f"{self.targets}[rows]{self._widened}",
                generator="generator",
            )
            for line in self.task.batch
        )

    @property
    def _widened(self) -> str:
        """What makes numbers of the targets that a loss takes: tokens are stored in fewer bytes."""
        return ".long()" if self.source.dataset.targets.dtype in (np.int16, np.int32) else ""

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns what the script reads: examples, targets, and the rows of each split."""
        dataset = self.source.dataset
        found = {half.key: array for half, array in zip(self.halves, dataset.arrays, strict=True)}
        if self.targets:
            found[self.task.targets] = dataset.targets

        return (
            found
            | self.numbers
            | {
                split: np.asarray(rows, np.int64)
                for split, rows in dataset.indices.items()
                if len(rows)
            }
        )

    @property
    def start(self) -> Tensors | None:
        """The weights that it began with, by their names in the script; None for random ones."""
        start = self.source.start
        if start is None:
            return None

        return {self.network.weight_name(name): tensor for name, tensor in start.items()}

    @property
    def numbers(self) -> dict[str, np.ndarray]:
        """What the script reads beside them, by the names of constants in small letters."""
        found = dict(self.task.arrays)
        for half in self.halves:
            found |= half.arrays

        return found

    def function_lines(self, *functions: Callable[..., Any]) -> list[str]:
        """Returns the source of functions of this program, each once in the whole script."""
        for function in functions:
            self.definitions.function_name(function)

        return self.definitions.take()

    # --- weights by name

    @cached_property
    def names(self) -> dict[torch.nn.Parameter, str]:
        """What the weights are called in the script."""
        return {
            parameter: self.network.weight_name(name)
            for name, parameter in self._built.named_parameters()
        }

    @property
    def undecayed(self) -> list[str]:
        """The weights of several dimensions that weight decay leaves alone."""
        found = []
        for module in self._built.modules():
            exempt = getattr(module, "undecayed", ())
            found += [
                self.names[parameter]
                for name, parameter in module.named_parameters(recurse=False)
                if parameter.ndim > 1 and name in exempt
            ]

        return found

    @property
    def matrices(self) -> list[str]:
        """The matrices between hidden layers."""
        matrices = hidden_matrices(self._built)
        return [name for parameter, name in self.names.items() if parameter in matrices]

    @property
    def order_of_weights(self) -> list[str] | None:
        """The order in which the digest reads them; None where it is that of their names."""
        names = sorted(self._built.state_dict())
        ordered = [self.network.weight_name(name) for name in names]
        return None if ordered == sorted(ordered) else ordered


def _halves(source: ScriptSource) -> list[Half]:
    preparations = source.preparations
    codes = [preparation.code() for preparation in preparations]
    if len(codes) == 1:
        return [_half(source, preparations[0], codes[0], codes[0].examples, "")]

    keys = [code.examples for code in codes]
    if keys[0] == keys[1]:
        keys = [f"first_{keys[0]}", f"second_{keys[1]}"]

    return [
        _half(source, preparation, code, key, f"_{key}")
        for preparation, code, key in zip(preparations, codes, keys, strict=True)
    ]


def _half(
    source: ScriptSource, preparation: Preparation, code: PreparationCode, key: str, ending: str
) -> Half:
    """Returns a half; ending: of the names of its functions and constants, "" for none."""
    text, augment = code.text, ""
    if isinstance(preparation, ImagePreparation):
        augmentation, _ = augmentation_code(
            source.resolved.augmentation, preparation.height, preparation.width, preparation.white
        )
        if augmentation:
            text, augment = f"{text}\n\n{augmentation}", f"augment{ending}"

    return Half(
        key,
        key.upper(),
        f"prepare{ending}",
        augment,
        _with_ending(text, ending, code.arrays),
        code.read,
        {f"{name}{ending}": array for name, array in code.arrays.items()},
        code.note,
    )


def _with_ending(text: str, ending: str, constants: Iterable[str]) -> str:
    """Returns code whose functions and constants have another ending."""
    if not ending:
        return text

    names = set(re.findall(r"^(?:def (\w+)\(|([A-Z]+) =)", text, re.MULTILINE))
    names |= {("", name.upper()) for name in constants}
    for function, constant in sorted(names):
        name = function or constant
        suffix = ending if function else ending.upper()
        text = re.sub(rf"\b{name}\b", f"{name}{suffix}", text)

    return text


def optimizer_call(name: str, first: str, arguments: dict[str, Any], grouped: bool) -> str:
    """Returns a call of one of torch's optimizers; arguments with torch's own value are left out.

    first: the expression of its weights. grouped: whether these say themselves how they decay. The
    learning rate is a constant of the script.
    """
    defaults = inspect.signature(getattr(torch.optim, name)).parameters
    printed = [first, "lr=PEAK_RATE"]
    for argument, value in arguments.items():
        if argument == "lr" or (argument == "weight_decay" and grouped):
            continue
        if value != defaults[argument].default:
            printed.append(f"{argument}={literal(value)}")

    return f"torch.optim.{name}({', '.join(printed)})"


def comment(text: str) -> str:
    """Returns a comment at the beginning of lines."""
    return "\n".join(layout.comment(text, 0)) + "\n"


def block(lines: Iterable[str], indent: int) -> str:
    """Returns lines as a block of code that is indented so far."""
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)
