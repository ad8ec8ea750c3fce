"""The format safetensors: whole, the same bytes each time, and enough to answer without us."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import numpy as np
import pytest
import safetensors
import torch
from safetensors.torch import load_file

from app.engine.data.kinds import read_preparation
from app.engine.experiment.resolve import resolve
from app.engine.export.answering_files import write_answering_files
from app.engine.export.answering_network import AnsweringNetwork
from app.engine.export.exporting import export
from app.engine.export.formats import format_called
from app.engine.export.loaders import written_code
from app.engine.export.network_code import code_of, weights_of
from app.engine.export.network_source import of_predictor
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results.predictor import Predictor
from app.engine.runs.tensors import separate
from app.engine.sources.format import no_progress
from models.graph import Graph
from models.network import build_model
from tests.engine import tiny

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run

pytestmark = pytest.mark.usefixtures("forked_processes")

SORTS = {
    "classification": "image",
    "binary-classification": "row",
    "multi-label": "text",
    "soft-labels": "signal",
    "regression": "signal",
    "metric-learning": "image",
    "matching": "row+signal",
    "language-modelling": "text",
    "reconstruction": "row",
}
"""For every task a kind of data, so that each kind is there."""


def every_task() -> list[tiny.Combination]:
    """Returns one network for each."""
    found = {(each.task, each.sort): each for each in tiny.combinations()}
    return [found[pair] for pair in SORTS.items()]


@pytest.mark.long
def test_an_export_is_proved_and_the_same_bytes_in_another_process(
    penguins: Run, tmp_path: Path
) -> None:
    out = tmp_path / "Netz ü.safetensors"
    proof = export(penguins, "safetensors", out)
    assert proof.changed == 0 and proof.max_difference == 0.0
    assert proof.examples == len(TrainedNetwork.load(penguins).rows)
    assert proof.value == proof.run_value
    assert any("netwright code" in sentence for sentence in proof.left_out)

    here = tmp_path / "here" / out.name
    here.parent.mkdir()
    format_called("safetensors").write(TrainedNetwork.load(penguins), here, no_progress)
    assert here.read_bytes() == out.read_bytes()
    here.with_name("plain").touch()
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(here.with_name("plain").stat().st_mode)


def test_the_metadata_say_what_the_weights_mean(penguins: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    trained = TrainedNetwork.load(penguins)
    format_called("safetensors").write(trained, path, no_progress)
    with safetensors.safe_open(str(path), "pt") as file:
        (key,) = file.metadata()
        facts = json.loads(file.metadata()[key])

    assert key == "netwright"
    assert facts["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert Graph.from_plain(facts["graph"]) == trained.network.graph
    assert read_preparation(facts["preparation"]) == trained.description.preparation
    names = [each["name"] for each in facts["inputs"]]
    assert names[:2] == ["island", "bill length (mm)"] and facts["output"] == "probabilities"

    own = trained.network.state_dict()
    for name, tensor in load_file(path).items():
        block, _, rest = name.partition(".")
        assert torch.equal(tensor, own[f"blocks.{block}.{rest}"])


@pytest.mark.parametrize("combination", every_task(), ids=str)
def test_weights_and_code_answer_as_the_network_does(
    combination: tiny.Combination, tmp_path: Path
) -> None:
    dataset = tiny.dataset(combination.task, combination.sort)
    description = dataset.description
    resolved = resolve(tiny.experiment(combination, 1, 8), description)
    problem = resolved.problem(description)
    network = build_model(resolved.model.graph(problem), problem, 0)
    predictor = Predictor(network, description, resolved.task, resolved)
    source = of_predictor(predictor)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights_of(source, code_of(source)))

    raw = description.preparation.to_raw(*(array[:7] for array in dataset.arrays))
    folder = tmp_path / "scratch"
    folder.mkdir()
    path = write_answering_files(predictor, weights, [array[:2] for array in raw], folder)
    answers = written_code.load(str(path), 1)([np.array(array) for array in raw])

    own = AnsweringNetwork(network, description, resolved.task)
    with torch.no_grad():
        expected = own(*(torch.from_numpy(np.array(array)) for array in raw)).numpy()
    np.testing.assert_array_equal(answers, expected)


def test_tensors_are_copied_only_where_a_file_cannot_hold_them() -> None:
    plain = torch.arange(6.0).view(2, 3)
    tensors = {"plain": plain, "turned": plain.T, "again": plain, "part": torch.arange(9.0)[:4]}
    separated = separate(tensors)
    assert separated["plain"].data_ptr() == plain.data_ptr()
    addresses = {tensor.untyped_storage().data_ptr() for tensor in separated.values()}
    assert len(addresses) == 4
    for name, tensor in separated.items():
        assert tensor.is_contiguous() and torch.equal(tensor, tensors[name])
