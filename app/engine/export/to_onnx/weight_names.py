"""The names of weights in an ONNX model: those of the network, so that it can be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.export.to_onnx.names import rename_values

if TYPE_CHECKING:
    import onnx

    from models.network import Network

PREFIX = "network."
"""Before the names of the network's weights in the programs that this program writes."""

TURNED = " (transposed)"
"""Behind the name of a matrix that stands there with its rows as columns."""


def name_weights(graph: onnx.GraphProto, network: Network) -> None:
    """Gives matrices that were transposed their names again, which the converter forgets.

    They are known by their numbers.
    """
    taken = {weight.name for weight in graph.initializer}
    missing = {
        f"{PREFIX}{name}": tensor
        for name, tensor in network.state_dict().items()
        if tensor.ndim == 2 and f"{PREFIX}{name}" not in taken
    }
    wanted: dict[str, str] = {}
    for weight in graph.initializer:
        if weight.name.startswith(PREFIX) or len(weight.dims) != 2:
            continue

        for name, tensor in missing.items():
            if list(weight.dims) != [*tensor.shape][::-1]:
                continue
            if weight.raw_data == tensor.T.contiguous().numpy().tobytes():
                wanted[weight.name] = f"{name}{TURNED}"
                del missing[name]
                break

    rename_values(graph, wanted)
