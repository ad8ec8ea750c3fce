"""Writes an ONNX model weight by weight, so that no second copy of all of them is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

GRAPH, INITIALIZER = 7, 5
"""The numbers of these fields in ModelProto and in GraphProto (onnx.proto)."""


def write_model(model: onnx.ModelProto, path: Path) -> None:
    """Writes what SerializeToString would give, with the weights last. Raises OSError.

    That needs the size of the file twice more in memory, and a large network has been there twice
    by then: as PyTorch has it, and in the model.
    """
    graph = without(model.graph, "initializer").SerializeToString()
    weights = model.graph.initializer
    heads = [_head(INITIALIZER, weight.ByteSize()) for weight in weights]
    size = len(graph) + sum(map(len, heads)) + sum(weight.ByteSize() for weight in weights)

    with path.open("wb") as file:
        file.write(without(model, "graph").SerializeToString())
        file.write(_head(GRAPH, size))
        file.write(graph)
        for head, weight in zip(heads, weights, strict=True):
            file.write(head)
            file.write(weight.SerializeToString())


def without(message: Any, name: str) -> Any:
    """Returns a copy of a message of protocol buffers without one of its fields."""
    copy = type(message)()
    for field, value in message.ListFields():
        if field.name == name:
            continue
        if field.is_repeated:
            getattr(copy, field.name).extend(value)
        elif field.message_type is not None:
            getattr(copy, field.name).CopyFrom(value)
        else:
            setattr(copy, field.name, value)

    return copy


def _head(field: int, size: int) -> bytes:
    """Returns what stands before a field of so many bytes: its number, and the size as a varint."""
    head = bytearray([field << 3 | 2])
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7

    head.append(size)
    return bytes(head)
