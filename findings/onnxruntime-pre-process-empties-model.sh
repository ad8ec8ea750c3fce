#!/usr/bin/env bash
# onnxruntime 1.32.0: quant_pre_process() takes the weights out of the ModelProto that it is given.
#
# Expected: it writes the prepared model to a file and leaves its input as it was, as it does with a path and with every
# other choice of its arguments.
#
# Seen: given a ModelProto, with skip_symbolic_shape=True, each weight of the caller's model is afterwards a reference to
# a file "foo.bin" that was never written. Nothing is said. Whatever uses the model next fails with an error that names
# that file: InferenceSession, quantize_dynamic, quant_pre_process itself; a file that it is saved to cannot be read. (The
# like in quantize_static is microsoft/onnxruntime issue 23268.)
#
# Here: the model is prepared by a session of our own, from a file.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "onnxruntime==1.32.0" "onnx==1.23.2" "numpy==2.4.6"

cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization.shape_inference import quant_pre_process

number = onnx.TensorProto.FLOAT
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "graph",
    [helper.make_tensor_value_info("x", number, ["batch", 4])],
    [helper.make_tensor_value_info("y", number, ["batch", 4])],
    [numpy_helper.from_array(np.eye(4, dtype=np.float32), "w")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
before = model.SerializeToString()

quant_pre_process(model, "prepared.onnx", skip_symbolic_shape=True)

(weight,) = model.graph.initializer
places = {entry.key: entry.value for entry in weight.external_data}
print(f"bytes of the weight: 64 before, {len(weight.raw_data)} afterwards; it is said to lie in {places}")
assert model.SerializeToString() != before, "the model is left alone now"
onnx.save(model, "saved.onnx")
try:
    onnx.load("saved.onnx")
except onnx.checker.ValidationError as error:
    print("onnx.load:", error)
else:
    raise SystemExit("what is saved can be read now")
PYTHON
echo "As described."
