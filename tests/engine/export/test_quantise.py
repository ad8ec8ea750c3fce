"""What stands behind 8 bits: weights in a file, and the sizes of numbers inside a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

OPERATORS = ("Conv", "MatMul")


def small_model() -> Any:
    """Returns a model of filters, their largest numbers, and a product, with named shapes."""
    helper, generator = onnx.helper, np.random.default_rng(0)
    weights = {
        "filters": generator.normal(size=(40, 3, 1, 1)),
        "matrix": generator.normal(size=(40, 40)),
        "bias": generator.normal(size=(40,)),
    }
    nodes = [
        helper.make_node("Conv", ["pixels", "filters"], ["found"], "conv"),
        helper.make_node("GlobalMaxPool", ["found"], ["largest"], "pool"),
        helper.make_node("Flatten", ["largest"], ["flat"], "flatten"),
        helper.make_node("MatMul", ["flat", "matrix"], ["product"], "product"),
        helper.make_node("Add", ["product", "bias"], ["answers"], "add"),
    ]
    number = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", number, ["batch", 3, 6, 6])],
        [helper.make_tensor_value_info("answers", number, ["batch", 40])],
        [
            onnx.numpy_helper.from_array(array.astype(np.float32), name)
            for name, array in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def batches() -> list[dict[str, np.ndarray]]:
    generator = np.random.default_rng(1)
    return [
        {"pixels": generator.normal(size=(count, 3, 6, 6)).astype(np.float32)}
        for count in (4, 4, 1)
    ]


def test_weights_lie_in_a_file_and_come_back(tmp_path: Path) -> None:
    from app.engine.export.to_onnx.weights_on_disk import LEAST_BYTES, with_weights_in

    whole = model = small_model()
    for path in (tmp_path / "weights", tmp_path / "again"):
        model = with_weights_in(path, model)  # what lies in a file stays there

    assert all(each.ByteSize() < LEAST_BYTES for each in model.graph.initializer)
    # The filters are too small to be moved, the matrix is not.
    assert (tmp_path / "weights").stat().st_size == 40 * 40 * 4
    assert not (tmp_path / "again").stat().st_size

    onnx.save(model, tmp_path / "model.onnx")
    loaded = onnx.load(tmp_path / "model.onnx")
    for before, after in zip(whole.graph.initializer, loaded.graph.initializer, strict=True):
        np.testing.assert_array_equal(
            onnx.numpy_helper.to_array(before), onnx.numpy_helper.to_array(after)
        )


def test_ranges_are_those_of_onnx_runtime(tmp_path: Path) -> None:
    from onnxruntime.quantization.calibrate import create_calibrator

    from app.engine.export.to_onnx.calibrate import number_ranges

    model = small_model()
    onnx.save(model, tmp_path / "model.onnx")
    found = number_ranges(model, OPERATORS, batches(), tmp_path / "measured.onnx")

    class Reader:
        def __init__(self) -> None:
            self.left = batches()

        def get_next(self) -> dict[str, np.ndarray] | None:
            return self.left.pop(0) if self.left else None

    calibrator = create_calibrator(
        tmp_path / "model.onnx", list(OPERATORS), str(tmp_path / "augmented.onnx")
    )
    calibrator.collect_data(Reader())
    expected = calibrator.compute_data()
    assert set(found.keys()) == set(expected.keys()) == {"pixels", "found", "flat", "product"}
    for name in expected:
        np.testing.assert_array_equal(found[name].range_value, expected[name].range_value)
