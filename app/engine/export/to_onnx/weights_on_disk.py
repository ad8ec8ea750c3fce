"""An ONNX model whose weights lie in a file beside it: it is changed without holding them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

from app.engine.export.to_onnx.write import without

if TYPE_CHECKING:
    from pathlib import Path

LEAST_BYTES = 1024
"""Smaller weights stay in the model: shapes and scales, which are looked at, are among them."""

PAGE = 4096
"""Weights begin at multiples of it, so that they can be mapped into memory."""


def with_weights_in(path: Path, model: onnx.ModelProto) -> onnx.ModelProto:
    """Returns a copy of a model whose weights lie in a new file. Raises OSError.

    The copy names the file, and has to be kept in its folder. What lay in a file already stays
    there. The model itself keeps its weights: messages of protocol buffers give memory back only as
    a whole.
    """
    light: onnx.ModelProto = without(model, "graph")
    light.graph.CopyFrom(without(model.graph, "initializer"))
    with path.open("wb") as file:
        for weight in model.graph.initializer:
            content = weight.raw_data
            if len(content) < LEAST_BYTES:
                light.graph.initializer.append(weight)
                continue

            start = -(-file.tell() // PAGE) * PAGE
            file.seek(start)
            file.write(content)
            moved = light.graph.initializer.add()
            moved.CopyFrom(without(weight, "raw_data"))
            moved.data_location = onnx.TensorProto.EXTERNAL
            place = {"location": path.name, "offset": start, "length": len(content)}
            for key, value in place.items():
                moved.external_data.add(key=key, value=str(value))

    return light
