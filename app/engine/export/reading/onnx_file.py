"""An ONNX file as operators. Nothing of it is run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.errors import UserError
from app.engine.export.reading import onnx_constants, onnx_moves
from app.engine.export.reading.aten import reduced
from app.engine.export.reading.attention import PRODUCT, is_mask
from app.engine.export.reading.ends import require_ends
from app.engine.export.reading.joined import with_bias, with_silu
from app.engine.export.reading.onnx_pooling import pooling
from app.engine.export.reading.operators import EMBEDDING, SCALING, Operator
from app.engine.export.to_onnx.weight_names import TURNED
from app.engine.extras import missing, not_installed
from app.engine.foreign import foreign_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.export.reading.movement import Shape

FUNCTIONS = {
    "Relu": "relu",
    "LeakyRelu": "leaky-relu",
    "Elu": "elu",
    "Gelu": "gelu",
    "Mish": "mish",
    "HardSwish": "hardswish",
    "Softplus": "softplus",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "LogSoftmax": "softmax",
}
PASSING = ("Identity", "Dropout", "Cast")
"""Operators that give what they read, in use."""

READS_ONE = (
    *("Dropout", "Expand", "Gather", "ReduceMax", "ReduceMean", "Reshape", "Slice", "Split"),
    *("Squeeze", "Unsqueeze"),
)
"""Operators whose further inputs are sizes, places and the like."""

ALPHAS = {"LeakyRelu": 0.01, "Elu": 1.0}
"""What ONNX takes where a file says nothing."""


class OnnxNetwork:
    """The operators of an ONNX file, as far as its output depends on them.

    inputs: the shape of one example by the name of what it reads, None for a side that is open.
    outputs: the names of the values that it gives.
    """

    def __init__(self, path: Path) -> None:
        """Raises UserError where the file cannot be read."""
        if missing("onnx"):
            raise not_installed("An ONNX file is read with onnx, which is not installed.", "export")

        import onnx  # noqa: PLC0415 - of an extra

        self._path = path

        def damaged(text: str) -> UserError:
            return UserError(
                f"'{path.name}' cannot be read as ONNX: {text.rstrip('.')}.", "Choose another file."
            )

        with foreign_reader(damaged):
            model = onnx.load(str(path))
            if not model.graph.value_info:
                model = onnx.shape_inference.infer_shapes(model)

            self.facts = _facts(model.metadata_props)
            self._graph = model.graph
            self._arrays = {
                each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer
            }
            self._value_of = onnx.helper.get_attribute_value
            self._take_constants(onnx.numpy_helper.to_array)

    def weights(self, prefix: str) -> dict[str, torch.Tensor]:
        """Returns the constants whose names begin so, without that."""
        return {
            name.removeprefix(prefix).removesuffix(TURNED): torch.from_numpy(
                np.array(array.T if name.endswith(TURNED) else array, order="C")
            )
            for name, array in self._arrays.items()
            if name.startswith(prefix)
        }

    def operators(self) -> list[Operator]:
        """Returns the operators in order; after `find_ends`."""
        needed = self._needed()
        found: list[Operator] = []
        for node in self._graph.node:
            if needed.intersection(node.output):
                found += self._operators_of(node)

        onnx_moves.fill_in(self.shapes, found)
        return with_bias(with_silu(found))

    # --- the ends, the constants

    def find_ends(self) -> None:
        """Finds what it reads and gives. Raises UserError where that is more than a pair."""
        inputs = [each for each in self._graph.input if each.name not in self._arrays]
        self.outputs = tuple(each.name for each in self._graph.output)
        require_ends(self._path.name, [each.name for each in inputs], self.outputs)
        sides = {each.name: each.type.tensor_type.shape.dim for each in inputs}
        self.inputs: dict[str, Shape] = {
            name: tuple(side.dim_value or None for side in own)[1:] for name, own in sides.items()
        }
        first = sides[inputs[0].name]
        symbol = first[0].dim_param if first else ""
        self.shapes: dict[str, Shape] = {
            info.name: onnx_moves.shape_of(info, symbol)
            for info in (*self._graph.value_info, *self._graph.output, *inputs)
        }
        self._fold()

    def _fold(self) -> None:
        """Computes what follows from constants and sizes, and fills in shapes that are not said."""
        for node in self._graph.node:
            attributes = self._attributes(node)
            made = onnx_constants.fold(node, attributes, self._arrays, self.shapes)
            if made is not None:
                self._arrays[node.output[0]] = made
                continue

            shape = self.shapes.get(node.output[0], ()) if node.output else ()
            if not shape or None in shape:
                before = self.shapes.get(node.input[0], ()) if node.input else ()
                sizes = self._arrays.get(node.input[1]) if len(node.input) > 1 else None
                found = onnx_constants.moved_shape(node, attributes, before, sizes)
                if found is not None:
                    self.shapes[node.output[0]] = found

    def _take_constants(self, to_array: Callable[[Any], np.ndarray]) -> None:
        for node in self._graph.node:
            attributes = self._attributes(node)
            if node.op_type == "Constant" and "value" in attributes:
                self._arrays[node.output[0]] = to_array(attributes["value"])
            elif node.op_type == "Constant" and attributes:
                self._arrays[node.output[0]] = np.asarray(next(iter(attributes.values())))

    def _needed(self) -> set[str]:
        """Returns the names of the values between input and output, not of sizes and constants."""
        by_output = {name: node for node in self._graph.node for name in node.output}
        needed: set[str] = set()
        waiting = list(self.outputs)
        while waiting:
            name = waiting.pop()
            node = by_output.get(name)
            if node is None or name in needed or name in self._arrays:
                continue

            needed.add(name)
            waiting += self._read(node)

        return needed

    def _read(self, node: Any) -> list[str]:
        """Returns the values that a node reads, without sizes, weights and constants."""
        reads_one = node.op_type in READS_ONE and node.input[0] not in self._arrays
        names = list(node.input)[: 1 if reads_one else None]
        return [name for name in names if name and name not in self._arrays]

    def _weights(self, node: Any, *roles: str) -> dict[str, torch.Tensor]:
        """Returns the constants that a node reads behind its first input, by role."""
        found = {}
        for role, name in zip(roles, list(node.input)[1:], strict=False):
            if name in self._arrays:
                found[role] = torch.from_numpy(np.array(self._arrays[name], np.float32))

        return found

    # --- one node

    def _attributes(self, node: Any) -> dict[str, Any]:
        return {each.name: self._value_of(each) for each in node.attribute}

    def _operators_of(self, node: Any) -> list[Operator]:
        plain = Operator(
            node.op_type, tuple(self._read(node)), node.output[0], self._name(node), {}, {}
        )
        attributes = self._attributes(node)
        moves = onnx_moves.operators_of(node, plain, attributes, self._arrays)
        return [self._operator(node, plain, attributes)] if moves is None else moves

    def _operator(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator:
        if node.op_type in PASSING:
            return replace(plain, op="identity")
        if node.op_type in FUNCTIONS:
            settings = dict(attributes)
            if FUNCTIONS[node.op_type] == "softmax":
                axis = int(attributes.get("axis", -1))
                settings = {"last": axis in (-1, self._rank(plain) - 1)}
            if node.op_type in ALPHAS:
                settings.setdefault("alpha", ALPHAS[node.op_type])
            if "approximate" in settings:
                settings["approximate"] = settings["approximate"].decode()
            return replace(plain, op=FUNCTIONS[node.op_type], settings=settings)

        make = getattr(self, f"_{node.op_type.lower()}", None)
        made: Operator | None = make(node, plain, attributes) if make is not None else None
        return plain if made is None else made

    def _name(self, node: Any) -> str:
        """Returns what a block of the node may be called: as its weights, or as it is."""
        for name in list(node.input)[1:]:
            if name in self._arrays and "." in name:
                return str(name).rpartition(".")[0]

        return str(node.op_type).lower()

    def _rank(self, plain: Operator) -> int:
        """Returns the number of sides of what an operator reads first, 0 where it is not known."""
        return len(self.shapes.get(plain.inputs[0], ())) if plain.inputs else 0

    def _conv(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        weights = self._weights(node, "weight", "bias")
        pads = list(attributes.get("pads", [0, 0, 0, 0]))
        half = len(pads) // 2
        if "weight" not in weights or pads[:half] != pads[half:]:
            return None
        if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
            return None

        settings = {
            "stride": attributes.get("strides", 1),
            "dilation": attributes.get("dilations", 1),
            "groups": attributes.get("group", 1),
            "padding": pads[:half],
        }
        return replace(plain, op="convolution", weights=weights, settings=settings)

    def _gemm(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        weights = self._weights(node, "weight", "bias")
        if "weight" not in weights or attributes.get("transA", 0):
            return None
        if (attributes.get("alpha", 1.0), attributes.get("beta", 1.0)) != (1.0, 1.0):
            return None

        if not attributes.get("transB", 0):
            weights["weight"] = weights["weight"].T.contiguous()
        return replace(plain, op="linear", weights=weights)

    def _matmul(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        weights = self._weights(node, "weight")
        if len(plain.inputs) == 2:
            return replace(plain, op=PRODUCT)
        if "weight" not in weights or weights["weight"].ndim != 2:
            return None

        return replace(plain, op="linear", weights={"weight": weights["weight"].T.contiguous()})

    def _add(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        if len(plain.inputs) == 2:
            return replace(plain, op="add")

        # A constant: the bias of the product before it, see joined.py.
        constants = [self._arrays[name] for name in node.input if name in self._arrays]
        if len(plain.inputs) != 1 or len(constants) != 1:
            return _scaled(plain)

        constant = torch.from_numpy(np.array(constants[0], np.float32))
        if constant.ndim == 1:
            return replace(plain, op="bias", weights={"bias": constant})

        shape = self.shapes.get(plain.output, ())
        sides = tuple(constant.shape[-2:])
        if len(sides) == 2 and sides[0] == sides[1] and is_mask(constant):
            return replace(plain, op="mask", weights={"mask": constant})
        if len(shape) == 3 and sides == shape[1:] and constant.numel() == sides[0] * sides[1]:
            return replace(plain, op="positions", weights={"positions": constant})

        return _scaled(plain)

    def _mul(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        if len(plain.inputs) == 2:
            return replace(plain, op="multiply")

        return _scaled(plain, self._number(node))

    def _sub(self, _: Any, plain: Operator, __: dict[str, Any]) -> Operator | None:
        return _scaled(plain)

    def _div(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        number = self._number(node) if node.input[0] in plain.inputs else None
        return _scaled(plain, 1 / number if number else None)

    def _number(self, node: Any) -> float | None:
        """Returns the one number among the constants that a node reads, None without it."""
        constants = [self._arrays[name] for name in node.input if name in self._arrays]
        is_one = len(constants) == 1 and constants[0].size == 1
        return float(constants[0].reshape(())) if is_one else None

    def _concat(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        if len(plain.inputs) != len(node.input):
            return None

        axis = int(attributes.get("axis", 1))
        dim = axis % self._rank(plain) if axis < 0 and self._rank(plain) else axis
        return replace(plain, op="concatenate", settings={"dim": dim})

    def _gather(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        table = self._arrays.get(node.input[0])
        if table is None or table.ndim != 2 or attributes.get("axis", 0) or not plain.inputs:
            return None

        name = str(node.input[0]).rpartition(".")[0] or plain.name
        weight = torch.from_numpy(np.array(table, np.float32))
        return replace(plain, op=EMBEDDING, name=name, weights={"weight": weight})

    def _expand(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        constant = self._arrays.get(node.input[0])
        if constant is None:
            return None

        value = torch.from_numpy(np.array(constant, np.float32))
        return replace(plain, op="repeated", weights={"value": value})

    def _batchnormalization(
        self, node: Any, plain: Operator, attributes: dict[str, Any]
    ) -> Operator | None:
        weights = self._weights(node, "weight", "bias", "mean", "variance")
        settings = {"epsilon": attributes.get("epsilon", 1e-5)}
        return replace(plain, op="batch-norm", weights=weights, settings=settings)

    def _layernormalization(
        self, node: Any, plain: Operator, attributes: dict[str, Any]
    ) -> Operator | None:
        weights = self._weights(node, "weight", "bias")
        if attributes.get("axis", -1) != -1 or weights["weight"].ndim != 1:
            return None

        settings = {"epsilon": attributes.get("epsilon", 1e-5)}
        return replace(plain, op="layer-norm", weights=weights, settings=settings)

    def _maxpool(self, _: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        return pooling("max-pooling", plain, attributes)

    def _averagepool(self, _: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        return pooling("mean-pooling", plain, attributes)

    def _globalaveragepool(self, _: Any, plain: Operator, __: dict[str, Any]) -> Operator:
        return replace(plain, op="adaptive-mean-pooling", settings={"size": (1, 1)})

    def _globalmaxpool(self, _: Any, plain: Operator, __: dict[str, Any]) -> Operator:
        return replace(plain, op="adaptive-max-pooling", settings={"size": (1, 1)})

    def _reducemean(
        self, node: Any, plain: Operator, attributes: dict[str, Any]
    ) -> Operator | None:
        return self._reduced("mean", node, plain, attributes)

    def _reducemax(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        return self._reduced("max", node, plain, attributes)

    def _reduced(
        self, mode: str, node: Any, plain: Operator, attributes: dict[str, Any]
    ) -> Operator | None:
        axes = attributes.get("axes")
        if axes is None and len(node.input) > 1:
            axes = self._arrays.get(node.input[1])

        keeps = bool(attributes.get("keepdims", 1))
        found = None if axes is None else reduced(mode, list(axes), keeps, self._rank(plain) or 4)
        return None if found is None else replace(plain, op=found[0], settings=found[1])


def _facts(entries: Any) -> dict[str, Any]:
    """Returns what this program has written of the network, as plain data; {} of other files."""
    texts = {each.key: each.value for each in entries}
    return {name: json.loads(texts[name]) for name in ("graph", "problem") if name in texts}


def _scaled(plain: Operator, factor: float | None = None) -> Operator | None:
    """Returns the operator as one with a constant; None where it reads two values."""
    settings = {} if factor is None else {"factor": factor}
    return replace(plain, op=SCALING, settings=settings) if len(plain.inputs) == 1 else None
