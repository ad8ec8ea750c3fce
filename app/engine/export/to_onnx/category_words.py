"""Lets an ONNX model read the words of categories, where the network reads their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.values import NO_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnx

    from app.engine.data.preparation import RawInput

DOMAIN = "ai.onnx.ml"
VERSION = 2
"""The first version in which a LabelEncoder turns words into numbers."""


def read_words(
    model: onnx.ModelProto, raw_inputs: Sequence[RawInput], names: Sequence[str]
) -> None:
    """Puts a LabelEncoder behind each input that has words; a word never seen becomes 0.

    An empty text is a cell without a value. names: of the inputs, in the same order.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 - not installed everywhere

    inputs = {value.name: value for value in model.graph.input}
    nodes = []
    for raw, name in zip(raw_inputs, names, strict=True):
        if not raw.words:
            continue

        numbers = f"{name}: number"
        for node in model.graph.node:
            node.input[:] = [numbers if each == name else each for each in node.input]

        inputs[name].type.tensor_type.elem_type = TensorProto.STRING
        keys, values = _table(raw.words)
        nodes.append(
            helper.make_node(
                "LabelEncoder",
                [name],
                [numbers],
                f"{name}: words",
                domain=DOMAIN,
                keys_strings=keys,
                values_int64s=values,
                default_int64=0,
            )
        )

    if nodes:
        behind = list(model.graph.node)
        del model.graph.node[:]
        model.graph.node.extend([*nodes, *behind])
        model.opset_import.append(helper.make_opsetid(DOMAIN, VERSION))


def _table(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """Returns the words and their numbers, which begin at 1."""
    keys, values = list(words), list(range(1, len(words) + 1))
    if NO_VALUE in words and "" not in words:
        keys.append("")
        values.append(1 + words.index(NO_VALUE))

    return keys, values


def with_words(
    raw_inputs: Sequence[RawInput], arrays: Sequence[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Returns raw inputs (B, ...) as an exported model takes them: words for categories."""
    return tuple(
        _words_of(raw, array) if raw.words else array
        for raw, array in zip(raw_inputs, arrays, strict=True)
    )


def _words_of(raw: RawInput, numbers: np.ndarray) -> np.ndarray:
    """Returns the words (B,) of numbers (B,); of 0 one that was never seen."""
    unseen = "never seen"
    while unseen in raw.words:
        unseen += "?"

    words: np.ndarray = np.array([unseen, *raw.words], dtype=np.str_)[numbers]
    return words
