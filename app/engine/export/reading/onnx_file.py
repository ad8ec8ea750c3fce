"""An ONNX file as operators. Nothing of it is run."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.errors import UserError
from app.engine.export.format import INSTALL
from app.engine.export.reading.joined import with_bias, with_silu
from app.engine.export.reading.operators import SCALING, Operator
from app.engine.foreign import foreign_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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

ALPHAS = {"LeakyRelu": 0.01, "Elu": 1.0}
"""What ONNX takes where a file says nothing."""


class OnnxNetwork:
    """The operators of an ONNX file, as far as its output depends on them.

    input_name, input_shape: of the one value that it reads; the shape is of one example, None for
    a side that is open. output: of the value that it gives.
    """

    def __init__(self, path: Path) -> None:
        """Raises UserError where the file cannot be read."""
        if importlib.util.find_spec("onnx") is None:
            raise UserError("An ONNX file is read with onnx, which is not installed.", INSTALL_IT)

        import onnx  # noqa: PLC0415 - of an extra

        self._path = path

        def damaged(text: str) -> UserError:
            return UserError(
                f"'{path.name}' cannot be read as ONNX: {text.rstrip('.')}.", "Choose another file."
            )

        with foreign_reader(damaged):
            model = onnx.load(str(path))
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
            name.removeprefix(prefix): torch.from_numpy(np.array(array))
            for name, array in self._arrays.items()
            if name.startswith(prefix)
        }

    def operators(self) -> list[Operator]:
        """Returns the operators in order; after `find_ends`."""
        needed = self._needed()
        found: list[Operator] = []
        for node in self._graph.node:
            if node.output and node.output[0] in needed:
                found.append(self._operator(node))

        return with_bias(with_silu(found))

    # --- the ends, the constants

    def find_ends(self) -> None:
        """Finds what it reads and gives. Raises UserError unless it is one value each."""
        inputs = [each for each in self._graph.input if each.name not in self._arrays]
        if len(inputs) != 1 or len(self._graph.output) != 1:
            raise UserError(
                f"'{self._path.name}' has {len(inputs)} inputs and {len(self._graph.output)} "
                "outputs; networks of one each are read.",
                "Choose another file.",
            )

        self.input_name = inputs[0].name
        self.output = self._graph.output[0].name
        sides = inputs[0].type.tensor_type.shape.dim
        self.input_shape = tuple(side.dim_value or None for side in sides)[1:]

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
        waiting = [self.output]
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
        most = {"Reshape": 1, "Squeeze": 1, "ReduceMean": 1, "ReduceMax": 1, "Dropout": 1}
        names = list(node.input)[: most.get(node.op_type)]
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

    def _operator(self, node: Any) -> Operator:
        plain = Operator(
            node.op_type, tuple(self._read(node)), node.output[0], self._name(node), {}, {}
        )
        attributes = self._attributes(node)
        if node.op_type in PASSING:
            return replace(plain, op="identity")
        if node.op_type in FUNCTIONS:
            settings = dict(attributes)
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
        if "weight" not in weights or weights["weight"].ndim != 2:
            return None

        return replace(plain, op="linear", weights={"weight": weights["weight"].T.contiguous()})

    def _add(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        if len(plain.inputs) == 2:
            return replace(plain, op="add")

        # A constant: the bias of the product before it, see joined.py.
        constants = [self._arrays[name] for name in node.input if name in self._arrays]
        if len(plain.inputs) == 1 and len(constants) == 1 and constants[0].ndim == 1:
            bias = torch.from_numpy(np.array(constants[0], np.float32))
            return replace(plain, op="bias", weights={"bias": bias})

        return _scaled(plain)

    def _mul(self, _: Any, plain: Operator, __: dict[str, Any]) -> Operator | None:
        if len(plain.inputs) == 2:
            return replace(plain, op="multiply")

        return _scaled(plain)

    def _sub(self, _: Any, plain: Operator, __: dict[str, Any]) -> Operator | None:
        return _scaled(plain)

    def _div(self, _: Any, plain: Operator, __: dict[str, Any]) -> Operator | None:
        return _scaled(plain)

    def _concat(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        whole = len(plain.inputs) == len(node.input)
        return replace(plain, op="concatenate") if whole and attributes.get("axis") == 1 else None

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
        return _pooling("max-pooling", plain, attributes)

    def _averagepool(self, _: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        return _pooling("mean-pooling", plain, attributes)

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
        if not self._is_over_both(node, attributes):
            return None

        if attributes.get("keepdims", 1):
            return replace(plain, op=f"adaptive-{mode}-pooling", settings={"size": (1, 1)})

        return replace(plain, op="global-pooling", settings={"mode": mode})

    def _flatten(self, _: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        return replace(plain, op="flatten") if attributes.get("axis", 1) == 1 else None

    def _reshape(self, node: Any, plain: Operator, _: dict[str, Any]) -> Operator | None:
        """A reshape to two sides is a flattening: the batch stays."""
        sizes = self._arrays.get(node.input[1])
        if sizes is not None:
            return replace(plain, op="flatten") if len(sizes) == 2 else None

        makers = [each for each in self._graph.node if node.input[1] in each.output]
        is_pair = len(makers) == 1 and makers[0].op_type == "Concat" and len(makers[0].input) == 2
        return replace(plain, op="flatten") if is_pair else None

    def _squeeze(self, node: Any, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
        return replace(plain, op="flatten") if self._is_over_both(node, attributes) else None

    def _is_over_both(self, node: Any, attributes: dict[str, Any]) -> bool:
        """Returns whether a node is over height and width, and nothing else."""
        axes = attributes.get("axes")
        if axes is None and len(node.input) > 1:
            axes = self._arrays.get(node.input[1])

        return axes is not None and sorted(int(axis) % 4 for axis in axes) == [2, 3]


INSTALL_IT = f"Install with: {INSTALL}"


def _facts(entries: Any) -> dict[str, Any]:
    """Returns what this program has written of the network, as plain data; {} of other files."""
    texts = {each.key: each.value for each in entries}
    return {name: json.loads(texts[name]) for name in ("graph", "problem") if name in texts}


def _scaled(plain: Operator) -> Operator | None:
    """Returns the operator as one with a constant; None where it reads two values."""
    return replace(plain, op=SCALING) if len(plain.inputs) == 1 else None


def _pooling(op: str, plain: Operator, attributes: dict[str, Any]) -> Operator | None:
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    half = len(pads) // 2
    if pads[:half] != pads[half:] or attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        return None

    settings = {
        "kernel_size": attributes["kernel_shape"],
        "stride": attributes.get("strides", 1),
        "padding": pads[:half],
        "ceil_mode": attributes.get("ceil_mode", 0),
        "dilation": attributes.get("dilations", 1),
    }
    return replace(plain, op=op, settings=settings)
