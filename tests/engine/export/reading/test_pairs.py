"""Networks that read two things become graphs whose blocks read the halves of a pair."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from app import cli
from app.engine.errors import UserError
from app.engine.export.formats import format_called
from app.engine.export.reading.network_file import read_network
from app.engine.export.reading.to_graph import COMPARED, COPIED
from app.engine.sources.format import no_progress
from models.graph import INPUT, OTHER
from models.network import Network
from models.shape import Answers, Input, Problem
from tests.engine import tiny
from tests.engine.export.reading.plain_networks import exported
from tests.engine.export.script.training_again import changed, trained_run

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.reading.to_graph import ReadNetwork

FIRST_SCALE = 1 / 0.07
"""The factor of a new contrastive output."""


class Captions(nn.Module):
    """A picture and a text, each with an encoder of its own, as points of length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Conv2d(3, 8, 3, padding=1)
        self.picture = nn.Linear(8, 6)
        self.tokens = nn.Embedding(50, 12)
        self.text = nn.Linear(12, 6)

    def forward(self, pixels: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, ...]:
        picture = self.picture(functional.gelu(self.filters(pixels)).mean((2, 3)))
        text = self.text(self.tokens(tokens).mean(1))
        return functional.normalize(picture, dim=-1), text / text.norm(dim=-1, keepdim=True)


class Twins(nn.Module):
    """One network sees both pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)
        )

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.encoder(left), self.encoder(right)


class Verdict(nn.Module):
    """Two rows through one layer, and one answer for both."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Linear(4, 8)
        self.judge = nn.Linear(16, 2)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        both = torch.cat([self.shared(left).tanh(), self.shared(right).tanh()], 1)
        answers: torch.Tensor = self.judge(both)
        return answers


PICTURES = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
ROWS = torch.rand(2, 4, generator=torch.Generator().manual_seed(1))
BOTH_ROWS = (ROWS, ROWS.flip(1))
TRIPLE = (*BOTH_ROWS, ROWS + 1)
"""Tensors of their own: torch.export takes one that is given twice for one input."""

TOKENS = torch.tensor([[3, 9, 49, 1, 0], [5, 5, 2, 7, 8]])
QUICK = ("torch-export", "image+text")
"""What comes back each time; all of them take a second."""

SUFFIXES = (".pt2", pytest.param(".onnx", marks=pytest.mark.long))


def fresh(kind: type[nn.Module]) -> nn.Module:
    """Returns a network with first weights that are the same each time, in use."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return kind().eval()


def answers(read: ReadNetwork, given: Any, outputs: int, form: Answers = "pair") -> torch.Tensor:
    """Returns what the network that was read gives for a pair."""
    network = Network(read.graph, Problem.of(read.inputs, outputs, 100, form))
    network.load_state_dict(read.weights)
    with torch.no_grad():
        found: torch.Tensor = network.eval()(given)
    return found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_and_a_text(suffix: str, tmp_path: Path) -> None:
    network, given = fresh(Captions), (torch.rand(2, 3, 8, 8), TOKENS)
    read = read_network(exported(network, given, tmp_path / f"net{suffix}"))
    assert read.inputs == (Input("image", (3, 8, 8)), Input("text", (5,), vocabulary=50))
    assert read.notes == (COMPARED,)
    readers = {name: node.kind for node in read.graph.nodes for name in node.inputs}
    assert (readers[INPUT], readers[OTHER]) == ("convolution", "token-embedding")
    assert read.graph.nodes[-1].kind == "contrastive-output"

    found = answers(read, given, 6)
    with torch.no_grad():
        picture, text = network(*given)
    torch.testing.assert_close(found[:, 0] / FIRST_SCALE, picture, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[:, 1], text, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_encoder_for_two_pictures(suffix: str, tmp_path: Path) -> None:
    network, given = fresh(Twins), (PICTURES, PICTURES.flip(3))
    read = read_network(exported(network, given, tmp_path / f"net{suffix}"))
    kinds = Counter(node.kind for node in read.graph.nodes)
    assert kinds["concatenate-in-batch"] == kinds["convolution"] == kinds["linear"] == 1
    assert read.graph.nodes[0].inputs == (INPUT, OTHER) and read.notes == (COMPARED,)

    found = answers(read, given, 5)
    with torch.no_grad():
        points = [functional.normalize(each, dim=-1) for each in network(*given)]
    torch.testing.assert_close(found[:, 0] / FIRST_SCALE, points[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[:, 1], points[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_answer_for_both(suffix: str, tmp_path: Path) -> None:
    network, given = fresh(Verdict), BOTH_ROWS
    read = read_network(exported(network, given, tmp_path / f"net{suffix}"))
    assert read.notes == (COPIED,) and read.graph.nodes[-1].kind == "output"
    with torch.no_grad():
        torch.testing.assert_close(answers(read, given, 2, "values"), network(*given))


class Unused(nn.Module):
    """What it gives does not depend on its second input."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        given: torch.Tensor = self.layer(left)
        return given


class Three(nn.Module):
    """It reads more than a pair has."""

    def forward(self, left: torch.Tensor, right: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return left + right * mask


class Parted(nn.Module):
    """One example, two answers."""

    def forward(self, both: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return both[:, :2], both[:, 2:]


class Twice(Unused):
    """Two answers, both to its first input."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> Any:
        return self.layer(left), self.layer(left + 1)


class Odd(Verdict):
    """What it does with its second input has no block."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        given: torch.Tensor = super().forward(left, right.cumsum(1).sort(1)[0])
        return given


def test_an_input_that_changes_nothing_is_left_out(tmp_path: Path) -> None:
    read = read_network(exported(fresh(Unused), BOTH_ROWS, tmp_path / "net.pt2"))
    assert read.inputs == (Input("row", (4,)),) and len(read.graph.nodes) == 1
    assert read.notes == ("Its input 'right' changes no answer, and is left out.",)


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (Three, TRIPLE, "reads 3 values; .* there is no place for 'mask'"),
        (Parted, ROWS, "gives '.*' and '.*'; a network here gives one answer for one example"),
        (Twice, BOTH_ROWS, "gives '.*' and '.*'; a network here gives one answer for one example"),
        (Odd, BOTH_ROWS, "2 operators of the network behind its input 'right' have no block"),
    ],
)
def test_what_cannot_be_is_named(
    kind: type[nn.Module], given: Any, sentence: str, tmp_path: Path
) -> None:
    path = exported(fresh(kind), given, tmp_path / "net.pt2")
    with pytest.raises(UserError, match=sentence):
        read_network(path)


SORTS = ("image+text", "image+image", "row+signal", "text+text")


@pytest.mark.parametrize(
    ("kind", "sort"),
    [
        pytest.param(kind, sort, marks=[] if (kind, sort) == QUICK else pytest.mark.long)
        for kind in ("torch-export", "onnx")
        for sort in SORTS
    ],
)
def test_what_this_program_exports_of_pairs_comes_back(
    kind: str, sort: str, tmp_path: Path
) -> None:
    if kind == "onnx":
        pytest.importorskip("onnxscript")

    combination = tiny.Combination("matching", sort, "two-tower", "symmetric-cross-entropy", "adam")
    trained, _ = trained_run(changed(combination), tiny.dataset("matching", sort), tmp_path)
    path = tmp_path / f"net{format_called(kind).suffix}"
    format_called(kind).write(trained, path, no_progress)
    read = read_network(path)
    assert read.graph == trained.network.graph
    assert read.inputs == trained.network.problem.inputs

    preparation = trained.description.preparation
    raw = map(torch.from_numpy, trained.raw(trained.rows[:4]))
    given = preparation.tensor(preparation.of_raw(*raw))
    with torch.no_grad():
        own = trained.network(given)
    found = answers(read, given, trained.network.problem.outputs)
    torch.testing.assert_close(found, own, rtol=1e-4, atol=1e-5)


def test_the_command_prints_the_blocks_of_both_halves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = (torch.rand(2, 3, 8, 8), TOKENS)
    path = exported(fresh(Captions), given, tmp_path / "net.pt2")
    graph = tmp_path / "graph.toml"
    assert cli.main(["graph", str(path), "--out", str(graph), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["problem"]["answers"] == "pair" and found["problem"]["other"]["kind"] == "text"
    assert {name for block in found["blocks"] for name in block["inputs"]} >= {INPUT, OTHER}

    # The graph file names no sizes: they are given.
    assert cli.main(["graph", str(graph), "--input", "3x8x8+text:5x50"]) == 0
    assert cli.main(["graph", str(graph), "--input", "3x8x8"]) == 1
    capsys.readouterr()

    verdict = exported(fresh(Verdict), BOTH_ROWS, tmp_path / "verdict.pt2")
    assert cli.main(["graph", str(verdict), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problem"]["answers"] == "values"

    alone = exported(fresh(Unused), BOTH_ROWS, tmp_path / "alone.pt2")
    assert cli.main(["graph", str(alone), "--input", "4+4"]) == 1
    assert "reads one example, and --input gives both" in capsys.readouterr().err
