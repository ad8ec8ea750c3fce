"""What a network in a file reads and gives: one example or the halves of a pair, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from app.engine.errors import UserError
from app.engine.export.reading.operators import EMBEDDING
from app.engine.text import list_text
from models.shape import Input, InputKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.export.reading.movement import Shape
    from app.engine.export.reading.operators import Operator

MOST = 2
"""Values that a network reads, or gives, at most: both halves of a pair."""

MOST_NAMED = 6
"""Inputs or outputs that are named."""

LENGTHS = ("linalg_vector_norm", "norm", "ReduceL2")
"""Operators that measure how long a vector is, as files call them."""

ON_THE_WAY = ("clamp", "clamp_min", "Clip", "Max", "expand", "expand_as", "Expand", "identity")
"""What may stand between a length and the division by it."""

DIVISIONS = ("div", "Div")

KINDS: dict[int, InputKind] = {1: "row", 2: "signal", 3: "image"}
"""What a network reads, by the number of sides of an example."""


@dataclass(frozen=True)
class Ends:
    """What a network reads and gives: the names of values, two of each for a pair.

    read: the form of each input; None where the file does not say.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    read: tuple[Input, ...] | None


def require_ends(file: str, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Raises UserError, with their names, where a network reads or gives more than a pair.

    file: its name. inputs, outputs: the names of what it reads and gives.
    """
    for names, does, form in (
        (inputs, "reads", "one example or both halves of a pair"),
        (outputs, "gives", "one answer, or an embedding for each half of a pair"),
    ):
        if not names:
            raise UserError(f"The network in '{file}' {does} nothing.", "Choose another file.")
        if len(names) > MOST:
            quoted = list_text([f"'{name}'" for name in names[MOST:]], MOST_NAMED)
            raise UserError(
                f"The network in '{file}' {does} {len(names)} values; a network here {does} "
                f"{form}, so that there is no place for {quoted}.",
                "Choose another file, or use the network where it is.",
            )

    if len(outputs) > len(inputs):
        raise UserError(
            f"The network in '{file}' gives '{outputs[0]}' and '{outputs[1]}'; a network here "
            "gives one answer for one example.",
            "Choose another file, or use the network where it is.",
        )


def inputs_read(
    inputs: Mapping[str, Shape], operators: Sequence[Operator], outputs: Sequence[str]
) -> tuple[dict[str, Shape], tuple[str, ...]]:
    """Returns the inputs that an answer depends on, and a sentence on each other one.

    inputs: the shape of an example by name. operators: those that the outputs depend on.
    """
    read = {*outputs, *(name for operator in operators for name in operator.inputs)}
    found = {name: shape for name, shape in inputs.items() if name in read}
    notes = tuple(
        f"Its input '{name}' changes no answer, and is left out."
        for name in inputs
        if name not in found
    )
    return found, notes


def forms_of(
    inputs: Mapping[str, Shape], operators: Sequence[Operator]
) -> tuple[Input, ...] | None:
    """Returns what a network reads; None where a side is open, or for what nobody reads."""
    forms = [_form_of(name, shape, operators) for name, shape in inputs.items()]
    known = tuple(form for form in forms if form is not None)
    return known if len(known) == len(forms) else None


def _form_of(name: str, shape: Shape, operators: Sequence[Operator]) -> Input | None:
    sides = tuple(side for side in shape if side is not None)
    if len(sides) < len(shape) or len(sides) not in KINDS:
        return None

    names = {name}
    for operator in operators:
        if not names.intersection(operator.inputs):
            continue
        if operator.op == EMBEDDING and len(sides) == 1:
            return Input("text", sides, vocabulary=len(operator.weights["weight"]))
        if operator.op == "identity":
            names.add(operator.output)

    return Input(KINDS[len(sides)], sides)


def reads_from(operators: Sequence[Operator], inputs: Sequence[str]) -> dict[str, frozenset[str]]:
    """Returns the inputs that each value depends on, by the value's name."""
    found = {name: frozenset((name,)) for name in inputs}
    nothing: frozenset[str] = frozenset()
    for operator in operators:
        found[operator.output] = nothing.union(
            *(found.get(name, nothing) for name in operator.inputs)
        )

    return found


def without_lengths(
    operators: Sequence[Operator], outputs: Sequence[str]
) -> tuple[list[Operator], tuple[str, ...]]:
    """Returns the operators without what brings each output to length 1, and the outputs then.

    A contrastive output does that itself.
    """
    made_by = {operator.output: operator for operator in operators}
    plain = tuple(_before_length(made_by, name) for name in outputs)
    needed: set[str] = set()
    waiting = list(plain)
    while waiting:
        name = waiting.pop()
        if name in made_by and name not in needed:
            needed.add(name)
            waiting += made_by[name].inputs

    return [operator for operator in operators if operator.output in needed], plain


def _before_length(made_by: Mapping[str, Operator], output: str) -> str:
    """Returns what is divided by its own length to give a value; that value for any other."""
    last = made_by.get(output)
    if last is None or last.op not in DIVISIONS or len(last.inputs) != MOST:
        return output

    vector, length = last.inputs
    while (operator := made_by.get(length)) is not None and operator.inputs:
        if operator.op in LENGTHS:
            return vector if operator.inputs[0] == vector else output
        if operator.op not in ON_THE_WAY:
            return output
        length = operator.inputs[0]

    return output


def as_one_encoder(
    operators: Sequence[Operator], inputs: Sequence[str], outputs: Sequence[str]
) -> list[Operator] | None:
    """Returns the operators of the first half where those of the second do the same; else None.

    One network was called twice then, with the same weights. inputs, outputs: of both halves.
    """
    sources = reads_from(operators, inputs)
    halves = [
        [each for each in operators if sources[each.output] == frozenset((name,))]
        for name in inputs
    ]
    first, second = halves
    if len(first) != len(second) or len(first) + len(second) != len(operators):
        return None

    twin = {inputs[0]: inputs[1]}
    for own, other in zip(first, second, strict=True):
        twin[own.output] = other.output
        if not _same(own, other):
            return None
        if tuple(twin.get(name, name) for name in own.inputs) != other.inputs:
            return None

    return first if twin.get(outputs[0]) == outputs[1] else None


def _same(own: Operator, other: Operator) -> bool:
    """Returns whether two operators do the same, whatever they read."""
    return (own.op, own.settings, own.shape, own.before) == (
        other.op,
        other.settings,
        other.shape,
        other.before,
    ) and same_weights(own, other)


def same_weights(own: Operator, other: Operator) -> bool:
    """Returns whether two operators have the same weights."""
    return own.weights.keys() == other.weights.keys() and all(
        torch.equal(own.weights[role], other.weights[role]) for role in own.weights
    )
