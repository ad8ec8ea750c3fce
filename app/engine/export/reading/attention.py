"""Finds self-attention among the operators of a foreign network, however it is written.

Between its linear layers and its products numbers are only moved. The places of all numbers are
moved along, and tell which rows of the weights belong to which head: so it does not matter by which
views and transpositions a program does it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from app.engine.export.reading.movement import MOVE, is_known, moved
from app.engine.export.reading.operators import SCALING, Operator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.export.reading.movement import Shape

CORE = "scaled_dot_product_attention"
"""The op of an operator that reads query, key and value. Settings: causal, scale (None: usual)."""

PRODUCT = "product"
"""The op of a product of two values."""

MOST_NUMBERS = 1 << 24
"""Numbers of a value whose places are followed, at most."""

LOWEST = -1e4
"""A mask subtracts at least so much from a score that does not count."""


class _Unlike(Exception):
    """It is no self-attention as the block has it."""


class _Origin(NamedTuple):
    """Where a value comes from: its numbers are those of `name` at `places`, times `scale`."""

    name: str
    places: np.ndarray
    scale: float


@dataclass(frozen=True)
class _Part:
    """Queries, keys or values: the rows of a linear layer by head, and the tokens they are of.

    groups: (B · heads,) the example of each group of numbers. rows: (heads, numbers a head).
    """

    source: str
    groups: np.ndarray
    rows: np.ndarray
    weight: torch.Tensor
    bias: torch.Tensor
    scale: float


def with_attention(operators: Sequence[Operator], shapes: Mapping[str, Shape]) -> list[Operator]:
    """Returns the operators with each self-attention as one.

    shapes: of all values, batch included.
    """
    found = list(operators)
    while True:
        finder = _Finder(found, shapes)
        for operator in found:
            match = finder.match(operator)
            if match is not None:
                break
        else:
            return found

        attention, gone = match
        kept = [each for each in found if each.output not in gone]
        place = next(i for i, each in enumerate(found) if each.output == attention.output)
        before = {each.output for each in found[:place]}
        index = sum(each.output in before for each in kept)
        found = [*kept[:index], attention, *kept[index:]]


class _Finder:
    def __init__(self, operators: Sequence[Operator], shapes: Mapping[str, Shape]) -> None:
        self._made_by = {operator.output: operator for operator in operators}
        self._shapes = shapes
        self._readers: dict[str, list[Operator]] = {}
        for operator in operators:
            for name in operator.inputs:
                self._readers.setdefault(name, []).append(operator)

    def match(self, operator: Operator) -> tuple[Operator, set[str]] | None:
        """Returns the attention that an operator ends the core of, and the outputs it replaces."""
        self._used = {operator.output}
        try:
            if operator.op == CORE and len(operator.inputs) == 3:
                causal = bool(operator.settings.get("causal"))
                scale = operator.settings.get("scale")
                query, key, value = operator.inputs
                return self._attention(operator, query, key, value, causal, scale, False)
            if operator.op == PRODUCT:
                return self._of_products(operator)
        except (_Unlike, ValueError, IndexError):
            pass

        return None

    def _of_products(self, operator: Operator) -> tuple[Operator, set[str]]:
        """The same from softmax(query · key) · value."""
        weights, value = operator.inputs
        softmax = self._through(weights)
        if softmax.op != "softmax" or not softmax.settings.get("last"):
            raise _Unlike

        scores = self._through(softmax.inputs[0])
        causal, scale = False, 1.0
        while scores.op in (SCALING, "mask"):
            if scores.op == "mask":
                causal = causal or self._is_causal(scores.weights["mask"])
                if not causal:
                    raise _Unlike
            else:
                scale *= self._factor(scores)
            scores = self._through(scores.inputs[0])

        if scores.op != PRODUCT:
            raise _Unlike

        query, key = scores.inputs
        return self._attention(operator, query, key, value, causal, scale, True)

    def _is_causal(self, mask: torch.Tensor) -> bool:
        """Returns whether a mask keeps a token from those behind it, and from nothing else."""
        count = mask.shape[-1]
        square = mask.reshape(-1, count, count)
        ahead = torch.ones(count, count, dtype=torch.bool).triu(1)
        return bool((square[:, ahead] <= LOWEST).all() and (square[:, ~ahead] == 0).all())

    def _attention(
        self,
        core: Operator,
        query: str,
        key: str,
        value: str,
        causal: bool,
        scale: float | None,
        key_is_turned: bool,
    ) -> tuple[Operator, set[str]]:
        parts = [
            self._part(query, False),
            self._part(key, key_is_turned),
            self._part(value, False),
        ]
        first = parts[0]
        heads, each = first.rows.shape
        width = heads * each
        for part in parts:
            if part.source != first.source or part.rows.shape != first.rows.shape:
                raise _Unlike
            if not np.array_equal(part.groups, first.groups):
                raise _Unlike

        examples, count, read = self._known(first.source)
        usual = 1 / math.sqrt(each)
        whole = parts[0].scale * parts[1].scale * (usual if scale is None else scale)
        if read != width or not math.isclose(whole, usual, rel_tol=1e-4) or parts[2].scale != 1:
            raise _Unlike

        output, weight, bias = self._end(core.output, first, examples, count)
        rows = [torch.from_numpy(part.rows.reshape(-1)) for part in parts]
        attention = Operator(
            "self-attention",
            (first.source,),
            output,
            core.name,
            {
                "query_key_value.weight": torch.cat(
                    [part.weight[own] for part, own in zip(parts, rows, strict=True)]
                ),
                "query_key_value.bias": torch.cat(
                    [part.bias[own] for part, own in zip(parts, rows, strict=True)]
                ),
                "output.weight": weight,
                "output.bias": bias,
            },
            {"heads": heads, "causal": causal},
            self._shapes.get(output, ()),
        )
        inner = self._used - {output}
        for name in inner:
            if any(reader.output not in self._used for reader in self._readers.get(name, ())):
                raise _Unlike

        return attention, self._used

    def _part(self, name: str, is_turned: bool) -> _Part:
        """Returns what a value is made of: (..., tokens, numbers), or turned."""
        origin = self._origin(name)
        linear = self._made_by.get(origin.name)
        if linear is None or linear.op != "linear" or linear.weights["weight"].ndim != 2:
            raise _Unlike

        self._used.add(linear.output)
        weight = linear.weights["weight"]
        bias = linear.weights.get("bias", torch.zeros(len(weight)))
        source, tokens = self._tokens(linear.inputs[0])
        places = origin.places.swapaxes(-1, -2) if is_turned else origin.places
        places = places.reshape(-1, *places.shape[-2:])

        outputs = len(weight)
        token = tokens[places // outputs]
        row = places % outputs
        _, count, _ = self._known(source)
        example = token[:, 0, 0] // count
        expected = example[:, None, None] * count + np.arange(count)[None, :, None]
        if token.shape[1] != count or (token != expected).any() or (row != row[:, :1]).any():
            raise _Unlike

        own = row[:, 0][example == example[0]]
        for other in np.unique(example):
            if not np.array_equal(row[:, 0][example == other], own):
                raise _Unlike

        return _Part(source, example, own, weight, bias, origin.scale)

    def _tokens(self, name: str) -> tuple[str, np.ndarray]:
        """Returns the tokens (B, N, D) that a linear layer reads, and which is at which place."""
        origin = self._origin(name)
        _, _, width = self._known(origin.name)
        places = origin.places.reshape(-1, origin.places.shape[-1])
        tokens = places[:, 0] // width
        if origin.scale != 1 or places.shape[1] != width:
            raise _Unlike
        if not np.array_equal(places, tokens[:, None] * width + np.arange(width)):
            raise _Unlike

        return origin.name, tokens

    def _end(
        self, name: str, part: _Part, examples: int, count: int
    ) -> tuple[str, torch.Tensor, torch.Tensor]:
        """Returns the value (B, N, D) that attention ends with, and its last linear layer."""
        heads, each = part.rows.shape
        width = heads * each
        shape = (examples * heads, count, each)
        places = np.arange(math.prod(shape)).reshape(self._shape(name))
        names = [name]
        reader = self._only_reader(name)
        while reader is not None and reader.op in (MOVE, "identity"):
            places = moved(reader, places) if reader.op == MOVE else places
            name = reader.output
            names.append(name)
            reader = self._only_reader(name)

        # By group of numbers: which head it is, of those of its example.
        order = np.array(
            [np.sum(part.groups[:number] == example) for number, example in enumerate(part.groups)]
        )
        group, rest = np.divmod(places, count * each)
        place, number = np.divmod(rest, each)
        token = part.groups[group] * count + place
        column = order[group] * each + number

        self._used |= set(names)
        square = (width, width)
        if reader is None or reader.op != "linear" or reader.weights["weight"].shape != square:
            if not _is_in_order(token * width + column, examples, count):
                raise _Unlike

            return name, torch.eye(width), torch.zeros(width)

        token = token.reshape(-1, width)
        column = column.reshape(-1, width)
        if (token != token[:, :1]).any() or (column != column[:1]).any():
            raise _Unlike

        weight = torch.empty_like(reader.weights["weight"])
        weight[:, torch.from_numpy(column[0])] = reader.weights["weight"]
        bias = reader.weights.get("bias", torch.zeros(width))
        index = token[:, :1] * width + np.arange(width)
        name, index = reader.output, index.reshape(self._shape(reader.output))
        self._used.add(name)
        while not _is_in_order(index, examples, count):
            after = self._only_reader(name)
            if after is None or after.op not in (MOVE, "identity"):
                raise _Unlike

            index = moved(after, index) if after.op == MOVE else index
            name = after.output
            self._used.add(name)

        return name, weight, bias

    # --- the way back

    def _origin(self, name: str) -> _Origin:
        """Follows a value back over operators that only move or scale numbers."""
        chain: list[Operator] = []
        scale = 1.0
        while (maker := self._made_by.get(name)) is not None:
            if maker.op == SCALING:
                scale *= self._factor(maker)
            elif maker.op not in (MOVE, "identity"):
                break

            chain.append(maker)
            name = maker.inputs[0]

        shape = self._shape(name)
        places = np.arange(math.prod(shape)).reshape(shape)
        for operator in reversed(chain):
            places = moved(operator, places) if operator.op == MOVE else places
            self._used.add(operator.output)

        return _Origin(name, places, scale)

    def _through(self, name: str) -> Operator:
        """Returns the operator that makes a value, over those that pass it on."""
        maker = self._made_by.get(name)
        while maker is not None and maker.op in ("identity", "dropout"):
            self._used.add(maker.output)
            maker = self._made_by.get(maker.inputs[0])

        if maker is None:
            raise _Unlike

        self._used.add(maker.output)
        return maker

    def _factor(self, scaling: Operator) -> float:
        """Returns what an operator multiplies by. Raises _Unlike where it adds, too."""
        factor = scaling.settings.get("factor")
        if factor is None:
            raise _Unlike

        return float(factor)

    def _only_reader(self, name: str) -> Operator | None:
        readers = self._readers.get(name, [])
        return readers[0] if len(readers) == 1 else None

    def _shape(self, name: str) -> tuple[int, ...]:
        shape = self._shapes.get(name)
        if not shape or not is_known(shape):
            raise _Unlike

        sides = tuple(side or 0 for side in shape)
        if math.prod(sides) > MOST_NUMBERS:
            raise _Unlike

        return sides

    def _known(self, name: str) -> tuple[int, int, int]:
        """Returns the sides of tokens (B, N, D)."""
        shape = self._shape(name)
        if len(shape) != 3:
            raise _Unlike

        return shape[0], shape[1], shape[2]


def _is_in_order(places: np.ndarray, examples: int, count: int) -> bool:
    """Returns whether these are the places of tokens (B, N, D), one after the other."""
    wanted = np.arange(places.size)
    return places.shape[:2] == (examples, count) and np.array_equal(places.reshape(-1), wanted)


def is_mask(constant: torch.Tensor) -> bool:
    """Returns whether a constant is 0, or so low that nothing is left of a score."""
    return bool(((constant == 0) | (constant <= LOWEST)).all() and (constant < 0).any())
