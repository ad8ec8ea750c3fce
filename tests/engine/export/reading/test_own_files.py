"""What this program exports in ONNX comes back as the same graph with the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.experiment.toml_file import from_plain
from app.engine.export.formats import format_called
from app.engine.export.reading.network_file import read_network
from app.engine.export.trained_network import TrainedNetwork
from app.engine.sources.format import no_progress
from models.network import Network
from tests.engine.export.untrained import untrained_run
from tests.engine.training.small import pictures

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("onnxscript")

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "vit": ("", {"depth": 2, "width": 16, "heads": 2, "patch_size": 4}),
    "vit, patches": ("", {"depth": 1, "width": 16, "heads": 2, "patch_size": 4, "stem": "patches"}),
    "cnn": ("", {"depth": 1, "width": 8}),
    "mlp": ("sample:penguins", {"width": 8}),
    "text-encoder": ("sample:glosses", {"depth": 1, "width": 16, "heads": 2}),
    "two-tower": ("sample:emoji", {"width": 8}),
}
"""By template: its data, "" for small pictures, and its settings."""


@torch.no_grad()
def take_some_steps(network: Network) -> None:
    """Makes all weights and averages differ from the first ones, of which many are alike."""
    generator = torch.Generator().manual_seed(0)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor += 0.1 * torch.rand(tensor.shape, generator=generator)


def inputs(trained: TrainedNetwork) -> Any:
    """Returns prepared examples."""
    preparation = trained.description.preparation
    raw = map(torch.from_numpy, trained.raw(trained.rows[:4]))
    return preparation.tensor(preparation.of_raw(*raw))


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "vit" else pytest.mark.long) for name in MODELS],
)
def test_it_is_the_same_network(name: str, tmp_path: Path) -> None:
    source, settings = MODELS[name]
    source = source or str(pictures(tmp_path / "pictures.npz"))
    model = {"template": name.partition(",")[0], **settings}
    experiment = from_plain({"data": {"source": source}, "model": model})
    trained = TrainedNetwork.load(untrained_run(tmp_path / "runs", experiment)[0])
    take_some_steps(trained.network)
    path = tmp_path / "network.onnx"
    format_called("onnx").write(trained, path, no_progress)

    read = read_network(path)
    assert read.graph == trained.network.graph and read.inputs == trained.network.problem.inputs
    own = trained.network.state_dict()
    assert own.keys() == read.weights.keys()
    normed = any(node.kind == "batch-norm" for node in read.graph.nodes)
    if not normed:
        assert all(torch.equal(own[key], read.weights[key]) for key in own)

    # Norms are part of the filters before them there: other weights, the same answers.
    again = Network(read.graph, trained.network.problem).eval()
    again.load_state_dict(read.weights)
    given = inputs(trained)
    with torch.no_grad():
        torch.testing.assert_close(again(given), trained.network(given), rtol=1e-4, atol=1e-5)
