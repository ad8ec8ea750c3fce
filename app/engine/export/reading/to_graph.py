"""Foreign operators as a graph of blocks, with the weights under the names of its modules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from app.engine.errors import UserError
from app.engine.export.reading.attention import with_attention
from app.engine.export.reading.ends import (
    Ends,
    as_one_encoder,
    reads_from,
    same_weights,
    without_lengths,
)
from app.engine.export.reading.joined import (
    with_class_token,
    with_flat_pictures,
    with_norms_of_signals,
)
from app.engine.export.reading.movement import MOVE, meaning
from app.engine.export.reading.operators import SCALING, BlockOf, NoBlock
from app.engine.export.reading.rules import block_of
from app.engine.runs.weights_file import BLOCKS
from app.engine.text import count_text
from models.graph import INPUT, OTHER, Graph, Node
from models.graph_file import MOST_BLOCKS, valid_name
from models.layers.heads.contrastive_output import FIRST_LOG_SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.export.reading.movement import Shape
    from app.engine.export.reading.operators import Operator
    from app.engine.runs.tensors import Tensors
    from models.shape import Input

WITH_ACTIVATION = {"linear": "0.", "batch-norm": "", "layer-norm": "0."}
"""Blocks that can end with an activation, and what then stands before the names of weights."""

MOST_NAMED = 6
"""Operators without a block that are named."""

OWN = "network.blocks."
"""Before the names of blocks in what this program exports."""

TAKEN = frozenset((INPUT, OTHER, *dir(nn.ModuleDict())))
"""Names that no block can have."""


BOTH = "both"
MATCH = "match"
"""The blocks that line both halves of pairs up, and that compare them; as templates call them."""

COPIED = "Weights that both halves share are two copies here, which would learn apart."
COMPARED = "A contrastive output compares its two embeddings; its temperature is a new one."


@dataclass(frozen=True)
class ReadNetwork:
    """A network that was read. weights: by their names in a network of this graph.

    inputs: what it reads, two for the halves of pairs; () where the file does not say. notes: what
    a person should know.
    """

    graph: Graph
    weights: Tensors
    inputs: tuple[Input, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Block:
    """A block that may yet get an activation."""

    name: str
    made: BlockOf
    inputs: tuple[str, ...]
    prefix: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def to_graph(operators: Sequence[Operator], ends: Ends, shapes: Mapping[str, Shape]) -> ReadNetwork:
    """Returns the graph of operators in their order.

    shapes: of values, batch included, as far as they are known. Raises UserError, with the
    operators, where some have no block.
    """
    operators, joined_notes = _joined(operators, shapes)
    operators, notes = _without_softmax(operators, ends.outputs)
    operators, more_notes = _without_scaling(operators, ends.inputs)
    notes = (*more_notes, *joined_notes, *notes)
    outputs, one_encoder = ends.outputs, None
    if len(outputs) > 1:
        operators, outputs = without_lengths(operators, outputs)
        one_encoder = as_one_encoder(operators, ends.inputs, outputs)
        operators = operators if one_encoder is None else one_encoder
        notes = (*notes, COMPARED)

    made = [_made(operator) for operator in operators]
    _require_blocks(operators, made, ends)
    builder = _Builder(operators, ends.inputs, one_encoder is not None)
    for operator, block in zip(operators, made, strict=True):
        assert not isinstance(block, str)
        builder.add(operator, block)

    found = builder.finished(outputs if one_encoder is None else outputs[:1], len(outputs) > 1)
    notes = (*notes, *((COPIED,) if _has_copies(operators) else ()))
    return replace(found, inputs=ends.read or (), notes=notes)


def _require_blocks(
    operators: Sequence[Operator], made: Sequence[BlockOf | str | None], ends: Ends
) -> None:
    """Raises UserError where operators have no block, or are too many."""
    missing = [what for what in made if isinstance(what, str)]
    if missing:
        named = ", ".join(missing[:MOST_NAMED])
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise UserError(
            f"{count_text(len(missing), 'operator')} of the network"
            f"{_behind(operators, made, ends)} {_have(len(missing))} no block here: {named}{more}.",
            "Build these parts of other blocks, or use the network where it is.",
        )
    if len(operators) > MOST_BLOCKS:
        raise UserError(f"The network has {len(operators):,} operators.", "Read a smaller one.")


def _behind(operators: Sequence[Operator], made: Sequence[BlockOf | str | None], ends: Ends) -> str:
    """Returns behind which input of two operators without a block stand; "" behind both."""
    sources = reads_from(operators, ends.inputs)
    reached = {
        name
        for operator, what in zip(operators, made, strict=True)
        if isinstance(what, str)
        for name in sources[operator.output]
    }
    if len(ends.inputs) == 1 or len(reached) != 1:
        return ""

    return f" behind its input '{reached.pop()}'"


def _has_copies(operators: Sequence[Operator]) -> bool:
    """Returns whether two operators of one name have the same weights."""
    seen: dict[str, Operator] = {}
    for operator in operators:
        other = seen.setdefault(operator.name, operator) if operator.weights else operator
        if other is not operator and same_weights(operator, other):
            return True

    return False


def _joined(
    operators: Sequence[Operator], shapes: Mapping[str, Shape]
) -> tuple[list[Operator], tuple[str, ...]]:
    """Returns the operators with those that are one block as one, and sentences on that."""
    found = with_attention(_with_shapes(operators, shapes), shapes)
    found = with_flat_pictures(with_class_token(found))
    found, normed = with_norms_of_signals(found)
    note = "Its batch norms over signals are part of the filters before them."
    return [
        meaning(operator, operator.before) if operator.op == MOVE else operator
        for operator in found
    ], (note,) if normed else ()


def _with_shapes(operators: Sequence[Operator], shapes: Mapping[str, Shape]) -> list[Operator]:
    return [
        replace(
            operator,
            shape=shapes.get(operator.output, ()),
            before=shapes.get(operator.inputs[0], ()) if operator.inputs else (),
        )
        for operator in operators
    ]


def _without_softmax(
    operators: Sequence[Operator], outputs: tuple[str, ...]
) -> tuple[list[Operator], tuple[str, ...]]:
    """Returns the operators without a softmax at the end, and a sentence where there was one."""
    last = next((each for each in operators if (each.output,) == outputs), None)
    if last is None or last.op != "softmax":
        return list(operators), ()

    changed = [replace(each, op="identity") if each is last else each for each in operators]
    return changed, ("Its softmax at the end is left out: here the task adds it.",)


def _without_scaling(
    operators: list[Operator], inputs: tuple[str, ...]
) -> tuple[list[Operator], tuple[str, ...]]:
    """Returns the operators without what scales the input, and a sentence where that was done."""
    names = set(inputs)
    changed: list[Operator] = []
    scaled = False
    for operator in operators:
        at_input = names.issuperset(operator.inputs)
        if at_input and operator.op in (SCALING, "identity"):
            names.add(operator.output)
            scaled = scaled or operator.op == SCALING
            changed.append(replace(operator, op="identity"))
        else:
            changed.append(operator)

    note = "Its own scaling of the input is left out: here the data are standardised."
    return changed, (note,) if scaled else ()


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _made(operator: Operator) -> BlockOf | str | None:
    """Returns the block, None for an operator that passes on, or what has no block."""
    if operator.op in ("identity", "turn") and operator.inputs:
        return None

    try:
        return block_of(operator)
    except NoBlock as error:
        what = operator.name if operator.op == MOVE else operator.op
        return " ".join(filter(None, (f"{what} '{operator.name}'", str(error))))


class _Builder:
    def __init__(
        self, operators: Sequence[Operator], inputs: tuple[str, ...], one_encoder: bool
    ) -> None:
        """one_encoder: one network reads both halves, and the operators are those of the first."""
        self._readers: dict[str, int] = {}
        for operator in operators:
            for name in operator.inputs:
                self._readers[name] = self._readers.get(name, 0) + 1

        self._blocks: dict[str, _Block] = {}
        self._source = dict(zip(inputs, (INPUT, OTHER), strict=False))
        if one_encoder:
            together = BlockOf("concatenate-in-batch")
            self._blocks[BOTH] = _Block(BOTH, together, (INPUT, OTHER))
            self._source = {inputs[0]: BOTH}
        # Values whose channels come first in the file, and last here.
        self._turned: set[str] = set()
        self._transposed: dict[str, str] = {}

    def add(self, operator: Operator, made: BlockOf | None) -> None:
        turned = operator.inputs[0] in self._turned
        if made is None:
            self._source[operator.output] = self._source[operator.inputs[0]]
            self._note_form(operator.output, turned != (operator.op == "turn"))
            return

        minds = made.turned is not None
        wanted = bool(made.turned) if minds else turned
        sources = tuple(self._in_form(name, wanted) for name in operator.inputs)
        self._note_form(operator.output, bool(made.gives) if minds else turned)

        if made.kind == "activation" and self._joined(operator, made, sources[0]):
            return

        name = self._free(operator.name.removeprefix(OWN))
        self._blocks[name] = _Block(name, made, sources, settings=dict(made.settings))
        self._source[operator.output] = name

    def _note_form(self, name: str, turned: bool) -> None:
        if turned:
            self._turned.add(name)

    def _in_form(self, name: str, turned: bool) -> str:
        """Returns the block that gives a value with its channels where they are wanted."""
        source = self._source[name]
        if (name in self._turned) == turned:
            return source
        if source not in self._transposed:
            block = self._free("transpose")
            self._blocks[block] = _Block(block, BlockOf("transpose"), (source,))
            self._transposed[source] = block

        return self._transposed[source]

    def _joined(self, operator: Operator, made: BlockOf, source: str) -> bool:
        """Gives the block before an activation it can end with, where nothing else reads it."""
        before = self._blocks.get(source)
        function = made.settings["function"]
        if (
            before is None
            or before.made.kind not in WITH_ACTIVATION
            or function not in ("relu", "gelu")
            or before.settings.get("activation", "none") != "none"
            or self._readers[operator.inputs[0]] > 1
        ):
            return False

        before.settings["activation"] = function
        before.prefix = WITH_ACTIVATION[before.made.kind]
        self._source[operator.output] = source
        return True

    def finished(self, outputs: tuple[str, ...], is_pair: bool) -> ReadNetwork:
        """Returns the graph up to the blocks that give the outputs.

        is_pair: they are the embeddings of both halves, or that of one network for both.
        """
        ends = tuple(self._in_form(name, False) for name in outputs if name in self._source)
        last = ends[-1] if ends else INPUT
        if {INPUT, OTHER}.intersection(ends) or last == INPUT:
            raise UserError("The network does nothing with what it reads.", "Choose another file.")

        if is_pair:
            last = self._free(MATCH)
            scale = {"log_scale": torch.full((1,), FIRST_LOG_SCALE)}
            self._blocks[last] = _Block(last, BlockOf("contrastive-output", {}, scale), ends)

        names = list(self._blocks)
        blocks = [self._blocks[name] for name in names[: names.index(last) + 1]]
        nodes = [Node(each.name, each.made.kind, each.settings, each.inputs) for each in blocks]
        end = nodes[-1]
        if end.kind == "linear" and not blocks[-1].prefix:
            nodes[-1] = Node(end.name, "output", {"outputs": end.settings["outputs"]}, end.inputs)

        weights = {
            f"{BLOCKS}{each.name}.{each.prefix}{name}": tensor
            for each in blocks
            for name, tensor in each.made.weights.items()
        }
        return ReadNetwork(Graph(tuple(nodes)), weights, ())

    def _free(self, text: str) -> str:
        """Returns a name for a block that no other has."""
        plain = valid_name(text)[:50] or "block"
        name = plain
        number = 2
        while name in self._blocks or name in TAKEN:
            name = f"{plain}_{number}"
            number += 1

        return name
