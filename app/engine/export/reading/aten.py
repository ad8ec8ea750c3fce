"""What PyTorch's operators are here, with their arguments as torch.export writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.export.reading.attention import CORE, PRODUCT
from app.engine.export.reading.movement import MOVE, permutation
from app.engine.export.reading.operators import EMBEDDING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PASSING = ("contiguous", "clone", "alias", "to", "detach")
"""Operators that give what they read, in use."""

RESHAPING = ("view", "_unsafe_view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze")
"""Operators of which the shape of the output says all."""

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

Arguments = dict[str, Any]
Found = tuple[str, dict[str, Any]]
"""What an operator is here, and its settings."""


def meaning_of(name: str, arguments: Arguments, rank: int) -> Found:
    """Returns what an operator is here; itself where it is nothing.

    rank: the number of sides of its first input, batch included.
    """
    if name in PASSING:
        return "identity", {}
    if name in FUNCTIONS:
        alpha = arguments.get("negative_slope", arguments.get("alpha"))
        settings = {} if alpha is None else {"alpha": alpha}
        if name == "leaky_relu":
            settings.setdefault("alpha", 0.01)
        return FUNCTIONS[name], settings | _only(arguments, "approximate")
    if name in RESHAPING:
        return MOVE, {"how": "reshape"}

    make = _MEANINGS.get(name)
    found = None if make is None else make(arguments, rank)
    return (name, {}) if found is None else found


def parts_of(name: str, arguments: Arguments, sides: Sequence[int | None]) -> list[Found]:
    """Returns what each output of an operator is that divides a value; [] of another one.

    sides: of the value.
    """
    if name not in ("chunk", "split", "split_with_sizes", "unbind") or not sides:
        return []

    dim = int(arguments.get("dim") or 0) % len(sides)
    length = sides[dim]
    if length is None:
        return []
    if name == "unbind":
        return [
            (MOVE, {"how": "select", "dim": dim, "index": index if index + 1 < length else -1})
            for index in range(length)
        ]

    sizes = arguments.get("split_sizes", arguments.get("split_size"))
    if name == "chunk":
        sizes = -(-length // int(arguments["chunks"]))
    if not isinstance(sizes, list):
        size = int(sizes or length)
        sizes = [min(size, length - start) for start in range(0, length, size)]

    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return [
        (MOVE, {"how": "slice", "dim": dim, "start": start, "end": start + size})
        for start, size in zip(starts, sizes, strict=True)
    ]


def factor_of(name: str, arguments: Arguments) -> dict[str, float]:
    """Returns what a product with a number multiplies by, as settings; {} for a sum."""
    other = arguments.get("other")
    if not isinstance(other, (int, float)) or not other:
        return {}
    if name == "mul":
        return {"factor": float(other)}

    return {"factor": 1 / other} if name == "div" else {}


def _only(arguments: Arguments, *names: str) -> dict[str, Any]:
    return {name: arguments[name] for name in names if arguments.get(name) not in (None, [])}


def _convolution(arguments: Arguments, _: int) -> Found | None:
    if isinstance(arguments.get("padding"), str):
        return None

    return "convolution", _only(arguments, "stride", "padding", "dilation", "groups")


def _pool(op: str) -> Callable[[Arguments, int], Found]:
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    return lambda arguments, _: (op, _only(arguments, *names))


def _adaptive(op: str) -> Callable[[Arguments, int], Found]:
    def make(arguments: Arguments, _: int) -> Found:
        sizes = arguments["output_size"]
        return op, {"size": sizes if len(sizes) == 2 else [*sizes, *sizes]}

    return make


def reduced(mode: str, dims: Sequence[int], keeps: bool, rank: int) -> Found | None:
    """Returns what the mean or the largest over some dimensions is."""
    over = sorted(int(dim) % rank for dim in dims) if rank else []
    if rank == 4 and over == [2, 3]:
        return (
            (f"adaptive-{mode}-pooling", {"size": (1, 1)})
            if keeps
            else ("global-pooling", {"mode": mode})
        )
    if rank == 3 and over == [2] and keeps:
        return f"adaptive-{mode}-pooling", {"size": (1, 1)}
    if rank == 3 and over in ([1], [2]) and not keeps:
        return "global-pooling", {"mode": mode, "turned": over == [2]}

    return None


def _reduced(mode: str) -> Callable[[Arguments, int], Found | None]:
    return lambda arguments, rank: reduced(
        mode, arguments.get("dim") or [], bool(arguments.get("keepdim")), rank
    )


def _norm(op: str) -> Callable[[Arguments, int], Found | None]:
    def make(arguments: Arguments, _: int) -> Found | None:
        if arguments.get("training") or len(arguments.get("normalized_shape") or [1]) != 1:
            return None

        return op, {"epsilon": arguments.get("eps", 1e-5)}

    return make


def _dropout(arguments: Arguments, _: int) -> Found:
    """A share of nothing, or of all, is none that a block has."""
    rate = float(arguments.get("p", 0.5))
    return ("dropout", {"rate": rate}) if 0 < rate < 1 else ("identity", {})


def _concatenation(arguments: Arguments, rank: int) -> Found | None:
    return "concatenate", {"dim": int(arguments.get("dim") or 0) % max(1, rank)}


def _transposed(arguments: Arguments, rank: int) -> Found | None:
    first, second = (int(arguments[name]) % rank for name in ("dim0", "dim1"))
    return MOVE, {"how": "permute", "dims": permutation(range(rank), first, second)}


def _permuted(arguments: Arguments, rank: int) -> Found | None:
    return MOVE, {"how": "permute", "dims": [int(dim) % rank for dim in arguments["dims"]]}


def _selected(arguments: Arguments, rank: int) -> Found | None:
    dim, index = int(arguments["dim"]) % rank, arguments["index"]
    return (MOVE, {"how": "select", "dim": dim, "index": index}) if index is not None else None


def _sliced(arguments: Arguments, rank: int) -> Found | None:
    if (arguments.get("step") or 1) != 1:
        return None

    dim = int(arguments.get("dim") or 0) % rank
    start, end = arguments.get("start"), arguments.get("end")
    return MOVE, {"how": "slice", "dim": dim, "start": start, "end": end}


def _core(arguments: Arguments, _: int) -> Found | None:
    if arguments.get("attn_mask") is not None or arguments.get("dropout_p"):
        return None

    return CORE, {"causal": bool(arguments.get("is_causal")), "scale": arguments.get("scale")}


def _softmax(arguments: Arguments, rank: int) -> Found:
    return "softmax", {"last": int(arguments.get("dim", -1)) % max(1, rank) == rank - 1}


_MEANINGS: dict[str, Callable[[Arguments, int], Found | None]] = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "linear": lambda *_: ("linear", {}),
    EMBEDDING: lambda *_: (EMBEDDING, {}),
    "batch_norm": _norm("batch-norm"),
    "layer_norm": _norm("layer-norm"),
    "max_pool1d": _pool("max-pooling"),
    "max_pool2d": _pool("max-pooling"),
    "avg_pool1d": _pool("mean-pooling"),
    "avg_pool2d": _pool("mean-pooling"),
    "adaptive_avg_pool1d": _adaptive("adaptive-mean-pooling"),
    "adaptive_avg_pool2d": _adaptive("adaptive-mean-pooling"),
    "mean": _reduced("mean"),
    "amax": _reduced("max"),
    "transpose": _transposed,
    "permute": _permuted,
    "select": _selected,
    "slice": _sliced,
    "add": lambda *_: ("add", {}),
    "mul": lambda *_: ("multiply", {}),
    "matmul": lambda *_: (PRODUCT, {}),
    "bmm": lambda *_: (PRODUCT, {}),
    "cat": _concatenation,
    "dropout": _dropout,
    "feature_dropout": _dropout,
    "softmax": _softmax,
    "log_softmax": _softmax,
    CORE: _core,
}
