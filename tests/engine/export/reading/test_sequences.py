"""Foreign networks over signals and tokens become blocks, and answer as before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from app.engine.errors import UserError
from app.engine.export.reading.network_file import read_network
from tests.engine.export.reading.plain_networks import exported, trained_a_little
from tests.engine.export.reading.sequence_networks import SEQUENCES
from tests.engine.export.reading.test_reading import runnable

if TYPE_CHECKING:
    from pathlib import Path

ATTENTION = ("three layers", "looking back", "interleaved", "torch", "torch, tokens first")
ATTENTION = (*ATTENTION, "torch, with weights")

KINDS = {
    "filters": {"convolution-1d": 2, "pooling-1d": 1, "adaptive-pooling-1d": 1},
    "all places": {"convolution-1d": 1, "pooling-1d": 1, "transpose": 2},
    "ViT": {"self-attention": 2, "class-token": 1, "position-embedding": 1, "select-token": 1},
    **{name: {"self-attention": 1, "layer-norm": 2, "global-pooling": 1} for name in ATTENTION},
}
"""By network: kinds of blocks that it must have become, with their number."""


QUICK = ("filters", "looking back", "ViT")
"""Networks whose ONNX files are read each time; all of them take a second a file."""


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        pytest.param(
            name,
            suffix,
            marks=[] if name in QUICK or suffix == ".pt2" else pytest.mark.long,
        )
        for name in SEQUENCES
        for suffix in (".pt2", ".onnx")
    ],
)
def test_it_answers_as_before(name: str, suffix: str, tmp_path: Path) -> None:
    network, example = trained_a_little(name)
    read = read_network(exported(network, example, tmp_path / f"net{suffix}"))
    with torch.no_grad():
        torch.testing.assert_close(runnable(read)(example), network(example), rtol=1e-4, atol=1e-5)

    counts = Counter(node.kind for node in read.graph.nodes)
    assert KINDS[name].items() <= counts.items(), counts
    causal = [node.settings["causal"] for node in read.graph.nodes if "causal" in node.settings]
    assert causal == [name == "looking back"] * len(causal)


class Swapped(nn.Module):
    """Attention whose values belong to other tokens than its keys."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(16, 48)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (each.unsqueeze(1) for each in self.qkv(x).chunk(3, -1))
        attended = nn.functional.scaled_dot_product_attention(query, key, value[:, :, :5])
        pooled: torch.Tensor = attended.squeeze(1).mean(1)
        return pooled


class Padded(nn.Module):
    """Zeros around a sequence that no padding of a block puts there."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Conv1d(2, 4, 3, stride=2, padding=2)
        self.pool = nn.MaxPool1d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = self.pool(self.filters(x)).mean(2)
        return pooled


def test_what_no_block_does_is_named(tmp_path: Path) -> None:
    path = exported(Padded().eval(), torch.rand(2, 2, 20), tmp_path / "padded.pt2")
    with pytest.raises(UserError) as error:
        read_network(path)

    assert "convolution 'filters' with 2 zeros around, for filters of 3" in error.value.what

    half = torch.rand(2, 5, 16)
    path = exported(Swapped().eval(), half, tmp_path / "swapped.pt2")
    assert "self-attention" in {node.kind for node in read_network(path).graph.nodes}
    path = exported(Swapped().eval(), torch.rand(2, 6, 16), tmp_path / "swapped.pt2")
    with pytest.raises(UserError, match="9 operators of the network have no block here: chunk"):
        read_network(path)
