"""Predicts a table or a picture with a network that Netwright exported as ONNX.

    python predict_onnx.py NETWORK.onnx FILE

Needs numpy, onnxruntime and, for pictures, pillow. Nothing of Netwright.
"""

import csv
import json
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
facts = session.get_modelmeta().custom_metadata_map
names = json.loads(facts.get("classes", "[]"))
names += [each["name"] for each in json.loads(facts.get("amounts", "[]"))]
inputs = {each.name: each for each in session.get_inputs()}
if sys.argv[2].lower().endswith(".csv"):
    with open(sys.argv[2], newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    given = {name: np.array([row[name] for row in rows], object) for name in inputs}
    for name in (name for name in inputs if inputs[name].type == "tensor(float)"):
        given[name] = np.array([float(cell or "nan") for cell in given[name]], np.float32)
else:
    from PIL import Image

    ((name, pixels),) = inputs.items()
    channels, height, width = pixels.shape[1:]
    picture = Image.open(sys.argv[2]).convert("L" if channels == 1 else "RGB")
    array = np.asarray(picture.resize((width, height))).reshape(height, width, channels)
    given = {name: array.transpose(2, 0, 1)[None]}

for answer in session.run(None, given)[0]:
    print(", ".join(f"{name} {value:.4g}" for name, value in zip(names, answer)))
