"""The networks in resources/networks: each is sound, and trained it reaches its stated figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.engine.experiment import toml_file
from app.engine.experiment.block_lines import blocks_text
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from models.graph_file import plain_blocks
from models.network import build_model
from models.own_network import OwnNetwork
from models.repair.repairs import find_mistake
from models.shape import Input, Problem

if TYPE_CHECKING:
    from models.graph import Graph

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "networks"
FILES = sorted(FOLDER.glob("*.toml"))
EVERY = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

DIGITS = Input("image", (1, 8, 8))
FASHION = Input("image", (1, 28, 28))
COLOURED = Input("image", (3, 32, 32))

PROBLEMS = {
    "gru-text": Problem.of((Input("text", (40,), vocabulary=2_850),), 10, 6_089),
    "inception": Problem.of((COLOURED,), 6, 960),
    "lenet-5": Problem.of((FASHION,), 10, 4_800),
    "resnet-8": Problem.of((COLOURED,), 6, 960),
    "two-towers": Problem.of((COLOURED, Input("text", (32,), vocabulary=257)), 64, 1_509, "pair"),
    "u-net": Problem.of((DIGITS,), 64, 1_437, "copy"),
    "vit-convolutional-stem": Problem.of((DIGITS,), 10, 1_437),
}
"""What the data of each file ask for."""

PARAMETERS = {"lenet-5": 61_706, "resnet-8": 77_590}
"""Counted by hand from the papers' layers."""


def graph_of(path: Path) -> Graph:
    model = toml_file.read(path).model
    assert isinstance(model, OwnNetwork)
    return model.blocks


def test_there_are_seven() -> None:
    assert [path.stem for path in FILES] == [
        "gru-text",
        "inception",
        "lenet-5",
        "resnet-8",
        "two-towers",
        "u-net",
        "vit-convolutional-stem",
    ]


@EVERY
def test_a_network_is_written_as_the_program_writes_it(path: Path) -> None:
    assert blocks_text(plain_blocks(graph_of(path))) in path.read_text(encoding="utf-8")


@EVERY
def test_a_network_is_sound_for_its_data(path: Path) -> None:
    graph = graph_of(path)
    problem = PROBLEMS[path.stem]
    assert find_mistake(graph, problem) is None
    if path.stem in PARAMETERS:
        network = build_model(graph, problem, 0)
        count = sum(parameter.numel() for parameter in network.parameters())
        assert count == PARAMETERS[path.stem]


REACHES = {
    "gru-text": ("accuracy", 0.80),
    "inception": ("accuracy", 0.96),
    "lenet-5": ("accuracy", 0.85),
    "resnet-8": ("accuracy", 0.96),
    "two-towers": ("recall_at_5", 0.25),
    "u-net": ("psnr", 15.5),
    "vit-convolutional-stem": ("accuracy", 0.96),
}
"""The figure of the test split that each reaches with its own recipe."""


@pytest.mark.long
@EVERY
def test_a_trained_network_reaches_its_figure(path: Path, tmp_path: Path) -> None:
    requested = toml_file.read(path)
    run = Run.create(tmp_path, requested)
    finished = trainer.train(requested, run, lambda _: None, Control())
    assert finished.status == "completed", finished.reason

    name, least = REACHES[path.stem]
    figures = finished.summary["metrics"]["test"]
    assert figures[name] >= least, figures
