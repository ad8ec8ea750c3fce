"""Converts a trained network to an ONNX model with raw inputs and named answers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.export.program import exported_program
from app.engine.export.to_onnx.category_words import read_words
from app.engine.export.to_onnx.converted import converted
from app.engine.export.to_onnx.metadata import describe
from app.engine.export.to_onnx.names import give_names, input_names
from app.engine.export.to_onnx.refusal import refused_block
from app.engine.export.to_onnx.weight_names import name_weights
from app.engine.text import bytes_text

if TYPE_CHECKING:
    import onnx

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress

MOST_BYTES = (1 << 31) - (1 << 24)
"""One ONNX file is one message of protocol buffers, which ends at 2 GiB; the graph needs room."""


def onnx_model(trained: TrainedNetwork, progress: Progress) -> onnx.ModelProto:
    """Returns the network as one ONNX model, with its facts and nothing of this computer.

    Raises UserError where the format cannot hold it, with the block where that is known.
    """
    require_room(trained)
    progress("Exporting the network", 0, 0)
    program = exported_program(trained)

    progress("Converting it to ONNX", 0, 0)
    try:
        model = converted(program, (), None)
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        raise _refused(trained, error) from error

    raw_inputs = trained.description.preparation.raw_inputs
    name_weights(model.graph, trained.network)
    give_names(model.graph, input_names(trained), trained.task.answer_name)
    read_words(model, raw_inputs, input_names(trained))
    describe(model, trained)
    return model


def require_room(trained: TrainedNetwork) -> None:
    """Raises UserError where the weights alone are more than one ONNX file can hold."""
    network = trained.network
    size = sum(
        tensor.numel() * tensor.element_size()
        for tensor in itertools.chain(network.parameters(), network.buffers())
    )
    if size > MOST_BYTES:
        raise UserError(
            f"The weights take {bytes_text(size)}, and one ONNX file holds at most 2 GiB.",
            "Choose the format torch-export, which holds any size.",
        )


def _refused(trained: TrainedNetwork, error: Exception) -> UserError:
    """Returns the error for a network that the converter does not take."""
    block = refused_block(trained.network)
    if block is not None:
        return UserError(
            f"ONNX has no operator for the block '{block.node.name}' ({block.block.title()}).",
            "Choose the format torch-export, or train with another block in its place.",
        )

    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return UserError(
        f"This network cannot be converted to ONNX: {reason}", "Choose the format torch-export."
    )
