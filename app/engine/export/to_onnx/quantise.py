"""Static quantisation of an ONNX model to 8-bit integers, calibrated on training examples."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from app.engine.export.to_onnx.category_words import with_words
from app.engine.export.to_onnx.write import write_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress

EXAMPLES = 256
"""So many training examples show how large the numbers inside become, at most."""

BATCH = 32

QUANTISED = ("Conv", "ConvTranspose", "Gemm", "MatMul", "MaxPool")
"""The operators that hold the weights and the work, and what passes their numbers on.

Preparation, norms, attention weights and answers stay in float32: columns of a table may be of
sizes that have nothing in common, and one scale of 256 steps would round the small ones away.
"""


def quantised(
    model: onnx.ModelProto, trained: TrainedNetwork, progress: Progress
) -> onnx.ModelProto:
    """Returns the model with weights and activations of its large operators in 8 bits.

    Weights have a scale for each channel. Activations are signed, with a zero of their own.
    """
    with tempfile.TemporaryDirectory(prefix="netwright-") as folder:
        whole = Path(folder, "float32.onnx")
        prepared = Path(folder, "prepared.onnx")
        written = Path(folder, "quantised.onnx")
        names = [value.name for value in model.graph.input]
        write_model(model, whole)
        del model
        progress("Calibrating on training examples", 0, 0)
        # Shapes are static but for the batch: what ONNX itself infers suffices. It is given a file
        # because it moves the weights of a model in memory to a file that it loses.
        quant_pre_process(str(whole), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(written),
            _TrainingExamples(trained, names),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=_without_weights(onnx.load(prepared)),
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(written)


def _without_weights(model: onnx.ModelProto) -> list[str]:
    """Returns the names of the products of two activations, as attention has them."""
    weights = {weight.name for weight in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and not weights.intersection(node.input)
    ]


class _TrainingExamples(CalibrationDataReader):  # type: ignore[misc]  # it has no types
    """Gives batches of training examples, as the model takes them."""

    def __init__(self, trained: TrainedNetwork, names: Sequence[str]) -> None:
        self._trained = trained
        self._names = names
        self._rows = trained.training_rows(EXAMPLES)
        self._start = 0

    def get_next(self) -> dict[str, np.ndarray] | None:
        rows = self._rows[self._start : self._start + BATCH]
        self._start += BATCH
        if not len(rows):
            return None

        raw_inputs = self._trained.description.preparation.raw_inputs
        arrays = with_words(raw_inputs, self._trained.raw(rows))
        return dict(zip(self._names, arrays, strict=True))
