"""A .pt2 file of torch.export as operators: its JSON and its raw tensors, read by ourselves.

`torch.export.load` unpickles the example input of a file, and so it never sees a foreign one.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import torch

from app.engine import files
from app.engine.errors import UserError
from app.engine.export.reading.operators import SCALING, Operator
from app.engine.foreign import foreign_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "models/model.json"
WEIGHTS = "data/weights/"
CONFIG = f"{WEIGHTS}model_weights_config.json"
FACTS = "extra/netwright.json"
"""What this program writes beside its own."""

MOST_JSON = 64 << 20
"""Bytes of a JSON file in it, at most."""

TYPES = {
    1: torch.uint8,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
"""The types of weights, as PyTorch numbers them in these files."""

PASSING = ("contiguous", "clone", "alias", "to", "detach")
"""Operators that give what they read, in use."""

FUNCTIONS = {
    "relu": "relu",
    "leaky_relu": "leaky-relu",
    "elu": "elu",
    "gelu": "gelu",
    "silu": "silu",
    "mish": "mish",
    "hardswish": "hardswish",
    "softplus": "softplus",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}


class ProgramNetwork:
    """The operators of a .pt2 file. Attributes as of OnnxNetwork.

    facts: what this program wrote beside it, {} of other files.
    """

    def __init__(self, path: Path) -> None:
        """Raises UserError where the file cannot be read."""
        self._path = path
        try:
            with (
                files.open_regular(path) as file,
                foreign_reader(self._damaged),
                zipfile.ZipFile(file) as archive,
            ):
                self._read(archive)
        except OSError as error:
            raise files.disk_error(error, path) from error

    def operators(self) -> list[Operator]:
        """Returns the operators in order; after `find_ends`."""
        made_by = {name: node for node in self._nodes for name in _outputs(node)}
        needed: set[str] = set()
        waiting = [self.output]
        while waiting:
            name = waiting.pop()
            if name in needed or name not in made_by:
                continue

            needed.add(name)
            waiting += self._values(made_by[name])

        with foreign_reader(self._damaged):
            return [
                self._operator(node) for node in self._nodes if needed.intersection(_outputs(node))
            ]

    def weights(self, prefix: str) -> dict[str, torch.Tensor]:
        """Returns the weights whose names begin so, without that."""
        return {
            name.removeprefix(prefix): tensor
            for name, tensor in self._tensors.items()
            if name.startswith(prefix)
        }

    # --- the archive

    def _read(self, archive: zipfile.ZipFile) -> None:
        names = {info.filename.partition("/")[2]: info for info in archive.infolist()}
        if MODEL not in names or CONFIG not in names:
            raise UserError(
                f"'{self._path.name}' is not a program of torch.export, or is of an older PyTorch.",
                "Export it again with PyTorch 2.9 or newer.",
            )

        model = self._json(archive, names[MODEL])
        config = self._json(archive, names[CONFIG])["config"]
        self.facts: dict[str, Any] = {}
        if FACTS in names:
            self.facts = self._json(archive, names[FACTS])

        self._tensors = {
            name: self._tensor(archive, names, entry) for name, entry in config.items()
        }
        self._nodes: list[dict[str, Any]] = model["graph_module"]["graph"]["nodes"]
        self._values_of_graph = model["graph_module"]["graph"]["tensor_values"]
        self._read_signature(model["graph_module"]["signature"])

    def _json(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
        if info.file_size > MOST_JSON:
            raise self._damaged("its graph is too long")

        with archive.open(info) as source:
            return json.loads(source.read())

    def _tensor(
        self, archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], entry: dict[str, Any]
    ) -> torch.Tensor:
        meta = entry["tensor_meta"]
        if entry["use_pickle"] or meta["dtype"] not in TYPES:
            raise self._damaged("it holds a tensor that is not raw numbers")

        kind = TYPES[meta["dtype"]]
        sizes, strides = (
            [int(each["as_int"]) for each in meta[key]] for key in ("sizes", "strides")
        )
        offset = int(meta["storage_offset"]["as_int"])
        last = offset + sum(
            (size - 1) * stride for size, stride in zip(sizes, strides, strict=True)
        )
        info = names[f"{WEIGHTS}{entry['path_name']}"]
        if info.compress_type != zipfile.ZIP_STORED:  # it could unpack to any size
            raise self._damaged("its tensors are packed")

        count = info.file_size // kind.itemsize
        if min(*sizes, *strides, offset, 1) < 0 or (0 not in sizes and last >= count):
            raise self._damaged("a tensor is larger than what is kept of it")

        with archive.open(info) as source:
            storage = torch.frombuffer(bytearray(source.read()), dtype=kind)

        return storage.as_strided(sizes, strides, offset).contiguous().clone()

    def _read_signature(self, signature: dict[str, Any]) -> None:
        self._names: dict[str, str] = {}
        self._inputs: list[str] = []
        for spec in signature["input_specs"]:
            for key, named in (("parameter", "parameter_name"), ("buffer", "buffer_name")):
                if key in spec:
                    self._names[spec[key]["arg"]["name"]] = spec[key][named]
            if "user_input" in spec:
                self._inputs.append(spec["user_input"]["arg"]["as_tensor"]["name"])

        self._outputs = [
            spec["user_output"]["arg"]["as_tensor"]["name"]
            for spec in signature["output_specs"]
            if "user_output" in spec
        ]

    def find_ends(self) -> None:
        """Finds what it reads and gives. Raises UserError unless it is one value each."""
        inputs, outputs = self._inputs, self._outputs
        if len(inputs) != 1 or len(outputs) != 1:
            raise UserError(
                f"'{self._path.name}' has {len(inputs)} inputs and {len(outputs)} outputs; "
                "networks of one each are read.",
                "Choose another file.",
            )

        self.input_name = inputs[0]
        self.output = outputs[0]
        with foreign_reader(self._damaged):
            sizes = self._values_of_graph[self.input_name]["sizes"]
            self.input_shape = tuple(size.get("as_int") for size in sizes)[1:]

    def _damaged(self, text: str) -> UserError:
        return UserError(
            f"'{self._path.name}' cannot be read as a program: {text.rstrip('.')}.",
            "Choose another file.",
        )

    # --- one node

    def _values(self, node: dict[str, Any]) -> list[str]:
        """Returns the values that a node reads, without weights."""
        names = []
        for given in node["inputs"]:
            argument = given["arg"]
            tensors = argument.get("as_tensors", [])
            names += [each["name"] for each in (argument.get("as_tensor"), *tensors) if each]

        return [name for name in names if name not in self._names]

    def _operator(self, node: dict[str, Any]) -> Operator:
        target = node["target"].removeprefix("torch.ops.aten.")
        name = target.partition(".")[0].rstrip("_")
        arguments = {given["name"]: _plain(given["arg"]) for given in node["inputs"]}
        weights = {
            given["name"]: self._tensors[self._names[given["arg"]["as_tensor"]["name"]]]
            for given in node["inputs"]
            if given["arg"].get("as_tensor", {}).get("name") in self._names
        }
        values = tuple(self._values(node))
        called = next(
            (
                self._names[given["arg"]["as_tensor"]["name"]].rpartition(".")[0]
                for given in node["inputs"]
                if given["arg"].get("as_tensor", {}).get("name") in self._names
            ),
            name,
        )

        op, settings = _meaning(name, target, arguments)
        roles = {"running_mean": "mean", "running_var": "variance"}
        named = {roles.get(role, role): tensor for role, tensor in weights.items()}
        if op in ("add", "multiply", "sub", "div") and len(values) == 1 and not named:
            return Operator(SCALING, values, _outputs(node)[0], name)

        wrong = op in ("add", "multiply") and (len(values) != 2 or named)
        output = _outputs(node)[0]
        scaled = op == "add" and arguments.get("alpha", 1) != 1
        if wrong or scaled:
            return Operator(name, values, output, called)

        return Operator(op, values, output, called or name, named, settings)


def _outputs(node: dict[str, Any]) -> list[str]:
    return [each["as_tensor"]["name"] for each in node["outputs"] if "as_tensor" in each]


def _plain(argument: dict[str, Any]) -> Any:
    """Returns a plain argument: a number, a text, a truth value, a list of numbers, or None."""
    (kind, value), *_ = argument.items()
    if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats"):
        return value

    return value if kind == "as_sym_ints" else None


def _meaning(name: str, target: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns what an operator of PyTorch is here, and its settings; itself where it is nothing."""
    if name in PASSING:
        return "identity", {}
    if name in FUNCTIONS:
        alpha = arguments.get("negative_slope", arguments.get("alpha"))
        settings = {} if alpha is None else {"alpha": alpha}
        if name == "leaky_relu":
            settings.setdefault("alpha", 0.01)
        return FUNCTIONS[name], settings | _only(arguments, "approximate")

    make = _MEANINGS.get(name)
    found = None if make is None else make(target, arguments)
    return (name, {}) if found is None else found


Found = tuple[str, dict[str, Any]]


def _only(arguments: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: arguments[name] for name in names if arguments.get(name) not in (None, [])}


def _conv2d(_: str, arguments: dict[str, Any]) -> Found | None:
    if isinstance(arguments.get("padding"), str):
        return None

    return "convolution", _only(arguments, "stride", "padding", "dilation", "groups")


def _pool(op: str) -> Callable[[str, dict[str, Any]], Found]:
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    return lambda _, arguments: (op, _only(arguments, *names))


def _adaptive(_: str, arguments: dict[str, Any]) -> Found | None:
    sizes = arguments["output_size"]
    return "adaptive-mean-pooling", {"size": sizes if len(sizes) == 2 else [*sizes, *sizes]}


def _reduced(mode: str) -> Callable[[str, dict[str, Any]], Found | None]:
    def make(_: str, arguments: dict[str, Any]) -> Found | None:
        if sorted(int(axis) % 4 for axis in arguments.get("dim") or []) != [2, 3]:
            return None
        if arguments.get("keepdim"):
            return f"adaptive-{mode}-pooling", {"size": (1, 1)}

        return "global-pooling", {"mode": mode}

    return make


def _flat(target: str, arguments: dict[str, Any]) -> Found | None:
    """A flattening, or a view of two sides: the batch stays."""
    if target.startswith("flatten"):
        ends = arguments.get("start_dim", 0), arguments.get("end_dim", -1)
        return ("flatten", {}) if ends == (1, -1) else None

    sizes = arguments.get("size") or arguments.get("shape") or []
    return ("flatten", {}) if len(sizes) == 2 else None


def _norm(op: str) -> Callable[[str, dict[str, Any]], Found | None]:
    def make(_: str, arguments: dict[str, Any]) -> Found | None:
        if arguments.get("training") or len(arguments.get("normalized_shape") or [1]) != 1:
            return None

        return op, {"epsilon": arguments.get("eps", 1e-5)}

    return make


def _dropout(_: str, arguments: dict[str, Any]) -> Found:
    """A share of nothing, or of all, is none that a block has."""
    rate = float(arguments.get("p", 0.5))
    return ("dropout", {"rate": rate}) if 0 < rate < 1 else ("identity", {})


def _concatenation(_: str, arguments: dict[str, Any]) -> Found | None:
    return ("concatenate", {}) if arguments.get("dim") == 1 else None


_MEANINGS: dict[str, Callable[[str, dict[str, Any]], Found | None]] = {
    "conv2d": _conv2d,
    "linear": lambda *_: ("linear", {}),
    "batch_norm": _norm("batch-norm"),
    "layer_norm": _norm("layer-norm"),
    "max_pool2d": _pool("max-pooling"),
    "avg_pool2d": _pool("mean-pooling"),
    "adaptive_avg_pool2d": _adaptive,
    "mean": _reduced("mean"),
    "amax": _reduced("max"),
    "flatten": _flat,
    "view": _flat,
    "reshape": _flat,
    "add": lambda *_: ("add", {}),
    "mul": lambda *_: ("multiply", {}),
    "cat": _concatenation,
    "dropout": _dropout,
    "feature_dropout": _dropout,
    "softmax": lambda *_: ("softmax", {}),
    "log_softmax": lambda *_: ("softmax", {}),
}
