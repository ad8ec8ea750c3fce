"""The nodes of ONNX that pool neighbouring places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.engine.export.reading.operators import Operator


def pooling(op: str, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
    """Returns a node as an operator that pools; None where its ends are padded unlike each other.

    op: what it is to be. plain: the node as an operator.
    """
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    half = len(pads) // 2
    if pads[:half] != pads[half:] or attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        return None

    settings = {
        "kernel_size": attributes["kernel_shape"],
        "stride": attributes.get("strides", 1),
        "padding": pads[:half],
        "ceil_mode": attributes.get("ceil_mode", 0),
        "dilation": attributes.get("dilations", 1),
    }
    return replace(plain, op=op, settings=settings)
