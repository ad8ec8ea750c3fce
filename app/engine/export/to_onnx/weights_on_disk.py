"""An ONNX model whose weights lie in a file beside it: it is changed without holding them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx.external_data_helper import set_external_data

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

LEAST_BYTES = 1024
"""Smaller weights stay in the model: shapes and scales, which are looked at, are among them."""

PAGE = 4096
"""Weights begin at multiples of it, so that they can be mapped into memory."""


def move_weights(model: onnx.ModelProto, path: Path) -> None:
    """Moves the weights of a model to a new file, one after the other. Raises OSError.

    The model names the file, and has to be kept in its folder. Weights that lie in a file already
    stay there.
    """
    with path.open("wb") as file:
        for weight in model.graph.initializer:
            content = weight.raw_data
            if len(content) < LEAST_BYTES:
                continue

            start = -(-file.tell() // PAGE) * PAGE
            file.seek(start)
            file.write(content)
            set_external_data(weight, path.name, start, len(content))
            weight.ClearField("raw_data")
