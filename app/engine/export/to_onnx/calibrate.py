"""Finds out how large the numbers inside an ONNX model become, on examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationMethod
from onnxruntime.quantization.calibrate import TensorsData

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NO_COPIES = ("session.disable_prepacking", "1")
"""Kernels would otherwise hold the weights again, in an order that suits them."""


def number_ranges(
    model: onnx.ModelProto,
    operators: Sequence[str],
    examples: Iterable[dict[str, np.ndarray]],
    path: Path,
) -> TensorsData:
    """Returns the least and the largest number of what these operators read and give.

    ONNX Runtime does the same, and holds the weights four times meanwhile. model: with the shapes
    of its values. examples: batches as it takes them, at least one. path: where a model of its
    folder may be written. Raises OSError.
    """
    values = _values(model, operators)
    if not values:
        return TensorsData(CalibrationMethod.MinMax, {})

    measured = onnx.ModelProto()
    measured.CopyFrom(model)
    for number, value in enumerate(values):
        for operator, output in (("ReduceMin", f"least {number}"), ("ReduceMax", f"most {number}")):
            node = onnx.helper.make_node(operator, [value], [output], keepdims=0)
            measured.graph.node.append(node)
            info = onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [])
            measured.graph.output.append(info)

    onnx.save(measured, path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry(*NO_COPIES)
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    outputs = [f"{end} {number}" for number in range(len(values)) for end in ("least", "most")]
    found = np.array([session.run(outputs, inputs) for inputs in examples], np.float32)
    least, most = np.nanmin(found[:, ::2], axis=0), np.nanmax(found[:, 1::2], axis=0)
    ranges = {
        value: (least[number : number + 1], most[number : number + 1])
        for number, value in enumerate(values)
    }
    return TensorsData(CalibrationMethod.MinMax, ranges)


def _values(model: onnx.ModelProto, operators: Sequence[str]) -> list[str]:
    """Returns the values in float32 that these operators read and give, weights apart."""
    graph = model.graph
    floats = {
        info.name
        for info in (*graph.value_info, *graph.input, *graph.output)
        if info.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    }
    floats -= {weight.name for weight in graph.initializer}
    found = [
        name
        for node in graph.node
        if node.op_type in operators
        for name in (*node.input, *node.output)
        if name in floats
    ]
    return list(dict.fromkeys(found))
