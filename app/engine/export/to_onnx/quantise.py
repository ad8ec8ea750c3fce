"""Static quantisation of an ONNX model to 8-bit integers, calibrated on training examples."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import onnxruntime
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import save_tensors_data
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

from app.engine.export.to_onnx.calibrate import NO_COPIES, number_ranges
from app.engine.export.to_onnx.category_words import with_words
from app.engine.export.to_onnx.weights_on_disk import with_weights_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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

    Weights have a scale for each channel. Activations are signed, with a zero of their own. Where
    nobody else holds the model, its weights lie in files alone until they are rounded. Raises
    OSError.
    """
    names = [value.name for value in model.graph.input]
    with tempfile.TemporaryDirectory(prefix="netwright-") as name:
        folder = Path(name)
        progress("Preparing the model for 8 bits", 0, 0)
        light = with_weights_in(folder / "float32.weights", model)
        del model
        prepared = _prepared(light, folder)
        whole = folder / "prepared.onnx"
        onnx.save(prepared, whole)

        progress("Calibrating on training examples", 0, 0)
        examples = _training_examples(trained, names)
        ranges = number_ranges(prepared, QUANTISED, examples, folder / "measured.onnx")
        save_tensors_data(ranges, folder / "ranges.json")

        progress("Rounding the weights to 8 bits", 0, 0)
        rounded = folder / "rounded.onnx"
        quantize_static(
            str(whole),
            str(rounded),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=_without_weights(prepared),
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibration_cache_path=folder / "ranges.json",
        )
        return onnx.load(rounded)


def _prepared(light: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """Returns a model as quantisation wants it; the weights of both lie in files of the folder.

    Norms are part of the filters before them, and values have shapes: all sizes but the batch are
    known, so that what ONNX itself infers suffices. onnxruntime's quant_pre_process does the same,
    and holds the weights five times meanwhile.
    """
    whole, optimised = folder / "float32.onnx", folder / "optimised.onnx"
    onnx.save(light, whole)

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(optimised)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.add_session_config_entry(*NO_COPIES)
    onnxruntime.InferenceSession(str(whole), options, providers=["CPUExecutionProvider"])

    loaded = onnx.load(optimised, load_external_data=False)
    prepared = with_weights_in(folder / "optimised.weights", loaded)
    prepared = onnx.shape_inference.infer_shapes(prepared)
    add_pre_process_metadata(prepared)
    return prepared


def _without_weights(model: onnx.ModelProto) -> list[str]:
    """Returns the names of the products of two activations, as attention has them."""
    weights = {weight.name for weight in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and not weights.intersection(node.input)
    ]


def _training_examples(
    trained: TrainedNetwork, names: Sequence[str]
) -> Iterator[dict[str, np.ndarray]]:
    """Yields batches of training examples, as the model takes them. names: of its inputs."""
    rows = trained.training_rows(EXAMPLES)
    raw_inputs = trained.description.preparation.raw_inputs
    for start in range(0, len(rows), BATCH):
        arrays = with_words(raw_inputs, trained.raw(rows[start : start + BATCH]))
        yield dict(zip(names, arrays, strict=True))
