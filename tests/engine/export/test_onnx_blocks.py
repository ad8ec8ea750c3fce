"""Every kind of block converts to ONNX and answers as here, or is refused by its name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.export.formats import all_formats
from app.engine.export.to_onnx.convert import MOST_BYTES
from app.engine.export.to_onnx.refusal import Alone
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results.predictor import Predictor
from app.engine.sources.format import no_progress
from models.network import Network
from tests.engine.export.untrained import untrained_run
from tests.engine.training.small import pictures
from tests.models.blocks import ALL, Case, cases
from tests.models.networks import initialised

if TYPE_CHECKING:
    from pathlib import Path

    from models.layers.block import Block

onnxruntime = pytest.importorskip("onnxruntime")

CLOSE = 1e-5
"""So far may outputs be apart, in times of the largest number."""


class SideBySide(torch.nn.Module):
    """Several blocks that know nothing of each other, converted at once: alone takes a second."""

    def __init__(self, blocks: list[Alone], counts: list[int]) -> None:
        super().__init__()
        self.blocks = torch.nn.ModuleList(blocks)
        self.counts = counts
        self.eval().requires_grad_(False)

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outputs = []
        first = 0
        for block, count in zip(self.blocks, self.counts, strict=True):
            outputs.append(block(*inputs[first : first + count]))
            first += count

        return tuple(outputs)


def require_same(tried: list[Case]) -> None:
    """Converts blocks, and compares their outputs on batches of several sizes."""
    from app.engine.export.to_onnx.converted import converted

    torch.manual_seed(0)
    blocks = [Alone(initialised(case.block.module(*case.shapes))) for case in tried]
    module = SideBySide(blocks, [len(case.shapes) for case in tried])

    def inputs(batch: int) -> tuple[torch.Tensor, ...]:
        return tuple(given.detach() for case in tried for given in case.inputs(batch))

    shapes = (({0: torch.export.Dim.AUTO},) * len(inputs(2)),)
    model = converted(module, inputs(2), shapes)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [each.name for each in session.get_inputs()]
    for batch in (2, 3, 1):
        given = inputs(batch)
        outputs = session.run(
            None, {name: each.numpy() for name, each in zip(names, given, strict=True)}
        )
        for case, own, other in zip(tried, module(*given), outputs, strict=True):
            limit = CLOSE * max(_rounded_from(case.block), float(own.abs().max()))
            np.testing.assert_allclose(other, own.numpy(), rtol=0, atol=limit, err_msg=str(case))


def _rounded_from(block: Block) -> float:
    """Returns the least number whose rounding may be seen in an output.

    Members that answer with tags answer with a difference of logarithms, each about log 2.
    """
    return math.log(2) if getattr(block, "mean", "") == "tags" else 1e-3


@pytest.mark.long
def test_every_kind_with_its_defaults() -> None:
    tried = [next(iter(cases(kind, most=1))) for kind in ALL]
    assert {case.block.kind for case in tried} == {kind.kind for kind in ALL}
    require_same(tried)


@pytest.mark.long
@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.kind)
def test_every_kind_with_every_setting(kind: type[Block]) -> None:
    require_same(cases(kind, most=1))


@pytest.fixture
def network(tmp_path: Path) -> TrainedNetwork:
    """Returns a network whose second block pools ten places to three."""
    blocks = [
        {"name": "conv", "kind": "convolution", "channels": 4},
        {"name": "to_three", "kind": "adaptive-pooling", "mode": "max", "height": 3, "width": 3},
        {"name": "flat", "kind": "flatten"},
        {"name": "answer", "kind": "output", "outputs": 4},
    ]
    data = {"source": str(pictures(tmp_path / "pictures.npz"))}
    experiment = from_plain({"data": data, "model": {"blocks": blocks}})
    return TrainedNetwork.load(untrained_run(tmp_path / "runs", experiment)[0])


def test_what_onnx_has_no_operator_for_is_refused_with_its_block(
    network: TrainedNetwork, tmp_path: Path
) -> None:
    path = tmp_path / "network.onnx"
    with pytest.raises(UserError) as caught:
        all_formats()["onnx"].write(network, path, no_progress)

    assert caught.value.what == (
        "ONNX has no operator for the block 'to_three' (Adaptive max pooling to 3×3)."
    )
    assert not path.exists()


def test_more_than_a_file_can_hold_is_refused_before(
    network: TrainedNetwork, tmp_path: Path
) -> None:
    blocks = [
        {"name": "flat", "kind": "flatten"},
        {"name": "wide", "kind": "linear", "outputs": 16_384},
        {"name": "wider", "kind": "linear", "outputs": 1 + MOST_BYTES // 4 // 16_384},
        {"name": "answer", "kind": "output", "outputs": 4},
    ]
    model = from_plain({"model": {"blocks": blocks}}).model
    assert model is not None
    problem = network.network.problem
    with torch.device("meta"):  # nothing is allocated
        large = Network(model.graph(problem), problem)

    predictor = Predictor(large, network.description, network.task)
    with pytest.raises(UserError, match="one ONNX file holds at most 2 GiB"):
        all_formats()["onnx"].write(
            TrainedNetwork(network.run, predictor, network.dataset),
            tmp_path / "large.onnx",
            no_progress,
        )
