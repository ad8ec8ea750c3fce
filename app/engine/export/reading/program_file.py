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
from app.engine.export.reading import aten
from app.engine.export.reading.attention import PRODUCT
from app.engine.export.reading.ends import require_ends
from app.engine.export.reading.operators import SCALING, Operator
from app.engine.foreign import foreign_reader

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.reading.movement import Shape

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

EXPANDING = ("expand", "repeat")


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
        waiting = list(self.outputs)
        while waiting:
            name = waiting.pop()
            if name in needed or name not in made_by:
                continue

            needed.add(name)
            waiting += self._values(made_by[name])

        with foreign_reader(self._damaged):
            return [
                operator
                for node in self._nodes
                if needed.intersection(_outputs(node))
                for operator in self._operators_of(node)
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
        self._shapes: dict[str, Shape] = {
            name: tuple(map(_side, value["sizes"])) for name, value in self._values_of_graph.items()
        }
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
        """Finds what it reads and gives. Raises UserError where that is more than a pair."""
        require_ends(self._path.name, self._inputs, self._outputs)
        self.outputs = tuple(self._outputs)
        with foreign_reader(self._damaged):
            self.inputs: dict[str, Shape] = {
                name: tuple(size.get("as_int") for size in self._values_of_graph[name]["sizes"])[1:]
                for name in self._inputs
            }

    def _damaged(self, text: str) -> UserError:
        return UserError(
            f"'{self._path.name}' cannot be read as a program: {text.rstrip('.')}.",
            "Choose another file.",
        )

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of all values, batch included; after `operators`."""
        return self._shapes

    # --- one node

    def _values(self, node: dict[str, Any]) -> list[str]:
        """Returns the values that a node reads, without weights."""
        names = []
        for given in node["inputs"]:
            argument = given["arg"]
            tensors = argument.get("as_tensors", [])
            names += [each["name"] for each in (argument.get("as_tensor"), *tensors) if each]

        return [name for name in names if name not in self._names]

    def _operators_of(self, node: dict[str, Any]) -> list[Operator]:
        """Returns the operator of a node, or one for each part into which it divides a value."""
        name = node["target"].removeprefix("torch.ops.aten.").partition(".")[0].rstrip("_")
        arguments = {given["name"]: _plain(given["arg"]) for given in node["inputs"]}
        values = tuple(self._values(node))
        before = self._shapes.get(values[0], ()) if values else ()
        parts = aten.parts_of(name, arguments, before)
        if not parts:
            return [self._operator(node, name, arguments, values, len(before))]

        return [
            Operator(op, values, output, name, {}, settings)
            for output, (op, settings) in zip(_outputs(node), parts, strict=True)
        ]

    def _operator(
        self,
        node: dict[str, Any],
        name: str,
        arguments: dict[str, Any],
        values: tuple[str, ...],
        rank: int,
    ) -> Operator:
        weights = self._weights_of(node)
        called = next((whole.rpartition(".")[0] for whole, _ in weights.values()), name)
        roles = {"running_mean": "mean", "running_var": "variance"}
        named = {roles.get(role, role): tensor for role, (_, tensor) in weights.items()}
        op, settings = aten.meaning_of(name, arguments, rank)
        output = _outputs(node)[0]
        if op in ("add", "multiply", "sub", "div") and len(values) == 1 and not named:
            return Operator(SCALING, values, output, name, settings=aten.factor_of(name, arguments))
        if name in EXPANDING and not values and len(named) == 1:
            (token,) = named.values()
            return Operator("repeated", (), output, called, {"value": token})
        if op == "add" and len(values) == len(named) == 1:
            (positions,) = named.values()
            return Operator("positions", values, output, called or name, {"positions": positions})

        wrong = op in ("add", "multiply", PRODUCT) and (len(values) != 2 or named)
        scaled = op == "add" and arguments.get("alpha", 1) != 1
        if wrong or scaled:
            return Operator(name, values, output, called)

        return Operator(op, values, output, called or name, named, settings)

    def _weights_of(self, node: dict[str, Any]) -> dict[str, tuple[str, torch.Tensor]]:
        """Returns the weights that a node reads, with their names, by argument."""
        found = {}
        for given in node["inputs"]:
            name = self._names.get(given["arg"].get("as_tensor", {}).get("name"))
            if name is not None:
                found[given["name"]] = name, self._tensors[name]

        return found


def _outputs(node: dict[str, Any]) -> list[str]:
    names = []
    for each in node["outputs"]:
        tensors = [each["as_tensor"]] if "as_tensor" in each else each.get("as_tensors", [])
        names += [tensor["name"] for tensor in tensors]

    return names


def _side(size: dict[str, Any]) -> int | None:
    """Returns the length of a side; of one that may change that of the example."""
    if "as_int" in size:
        return int(size["as_int"])

    hint = (size.get("as_expr") or {}).get("hint") or {}
    return int(hint["as_int"]) if "as_int" in hint else None


def _plain(argument: dict[str, Any]) -> Any:
    """Returns a plain argument: a number, a text, a truth value, a list of numbers, or None."""
    (kind, value), *_ = argument.items()
    if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats"):
        return value

    return value if kind == "as_sym_ints" else None
