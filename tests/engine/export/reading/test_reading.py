"""Networks of other programs become blocks with their weights, and answer as before."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from app import cli
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.export.formats import format_called
from app.engine.export.reading.network_file import read_network, write_network
from app.engine.export.trained_network import TrainedNetwork
from app.engine.runs.weights_file import read_weights_file
from app.engine.sources.format import no_progress
from models.network import Network
from models.own_network import OwnNetwork
from models.shape import Problem
from tests.engine.export.reading.plain_networks import PLAIN, exported, trained_a_little

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.export.reading.to_graph import ReadNetwork
    from app.engine.runs.run import Run


def runnable(read: ReadNetwork) -> Network:
    """Returns the network with its weights, in use."""
    shapes = [node.settings.get("outputs", 0) for node in read.graph.nodes]
    network = Network(read.graph, Problem.of(read.inputs, shapes[-1], 100))
    network.load_state_dict(read.weights)
    return network.eval()


@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
@pytest.mark.parametrize("name", PLAIN)
def test_it_answers_as_before(name: str, suffix: str, tmp_path: Path) -> None:
    network, example = trained_a_little(name)
    read = read_network(exported(network, example, tmp_path / f"net{suffix}"))
    with torch.no_grad():
        answers = runnable(read)(example)
        before = network(example)

    if name == "perceptron":
        assert read.notes == ("Its softmax at the end is left out: here the task adds it.",)
        answers = answers.softmax(dim=1)

    torch.testing.assert_close(answers, before, rtol=1e-4, atol=1e-5)
    assert read.graph.nodes[-1].kind == "output"


def test_its_graph_file_starts_from_its_weights(tmp_path: Path) -> None:
    network, example = trained_a_little("LeNet")
    read = read_network(exported(network, example, tmp_path / "net.pt2"))
    path = tmp_path / "graph é.toml"
    weights = write_network(read, path)
    assert weights == tmp_path / "graph é.safetensors"

    experiment = toml_file.read(path)
    assert experiment.training.start_from == str(weights)
    assert isinstance(experiment.model, OwnNetwork) and experiment.model.blocks == read.graph
    taken = read_weights_file(weights).by_block()
    assert taken.keys() == runnable(read).state_dict().keys()
    assert all(torch.equal(taken[name], read.weights[name]) for name in taken)


@pytest.mark.parametrize("kind", ["safetensors", "torch-export"])
def test_what_this_program_exports_comes_back_as_the_same_network(
    kind: str, penguins: Run, tmp_path: Path
) -> None:
    trained = TrainedNetwork.load(penguins)
    path = tmp_path / f"a{format_called(kind).suffix}"
    format_called(kind).write(trained, path, no_progress)
    read = read_network(path)
    assert read.graph == trained.network.graph and read.inputs == trained.network.problem.inputs
    own = trained.network.state_dict()
    assert own.keys() == read.weights.keys()
    assert all(torch.equal(own[name], read.weights[name]) for name in own)


class Odd(nn.Module):
    """What no block does, beside what one does."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(1, 4, 2, 2)
        self.wide = nn.Conv2d(4, 4, 5, padding=1)
        self.fc = nn.Linear(4 * 6 * 6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last: torch.Tensor = self.fc(self.wide(self.up(x).cumsum(1)).flatten(1))
        return last


def test_what_has_no_block_is_named(tmp_path: Path) -> None:
    path = exported(Odd().eval(), torch.rand(2, 1, 4, 4), tmp_path / "odd.pt2")
    with pytest.raises(UserError) as error:
        read_network(path)

    assert error.value.what == (
        "3 operators of the network have no block here: conv_transpose2d 'up', cumsum 'cumsum', "
        "convolution 'wide' with 1 zeros around, for filters of 5."
    )


def changed(path: Path, config: Callable[[dict[str, Any]], object]) -> Path:
    """Writes a program anew after a change of what is said of its weights."""
    target = path.with_name("changed.pt2")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith("model_weights_config.json"):
                plain = json.loads(content)
                config(next(iter(plain["config"].values())))
                content = json.dumps(plain).encode()

            copy.writestr(name, content)

    return target


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "pickled": lambda entry: entry.update(use_pickle=True),
    "larger": lambda entry: entry["tensor_meta"].update(sizes=[{"as_int": 1 << 40}]),
    "before": lambda entry: entry["tensor_meta"].update(storage_offset={"as_int": -8}),
    "no type": lambda entry: entry["tensor_meta"].update(dtype=99),
    "elsewhere": lambda entry: entry.update(path_name="../../x"),
    "no numbers": lambda entry: entry["tensor_meta"].update(sizes="x"),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network, example = trained_a_little("perceptron")
    return exported(network, example, tmp_path_factory.mktemp("program") / "net.pt2")


@pytest.mark.parametrize("name", CHANGES)
def test_a_program_that_lies_is_a_sentence(name: str, program: Path) -> None:
    with pytest.raises(UserError, match=r"'changed\.pt2' cannot be read as a program"):
        read_network(changed(program, CHANGES[name]))


@pytest.mark.parametrize("name", ["a.pt2", "a.safetensors", "a.onnx"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x08\x07" + bytes(40)])
def test_other_files_are_a_sentence(name: str, content: bytes, tmp_path: Path) -> None:
    if name.endswith("onnx"):
        pytest.importorskip("onnx")

    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"'a\.") as error:
        read_network(path)

    assert error.value.remedy


def test_the_command_prints_its_blocks_and_writes_them(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = tmp_path / "graph.toml"
    assert cli.main(["graph", str(program), "--out", str(graph), "--json"]) == 0
    blocks = json.loads(capsys.readouterr().out)["blocks"]
    assert [block["kind"] for block in blocks][-1] == "output" and blocks[0]["shape"] == [32]
    assert graph.is_file() and graph.with_suffix(".safetensors").is_file()

    assert cli.main(["graph", str(program), "--input", "13"]) == 1
    assert "do not fit its blocks at 'block_0'" in capsys.readouterr().err
    assert cli.main(["graph", str(graph), "--input", "12"]) == 0


def test_packed_tensors_are_refused(program: Path) -> None:
    path = program.with_name("packed.pt2")
    packed = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(program) as archive, zipfile.ZipFile(path, "w", packed) as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))

    with pytest.raises(UserError, match="its tensors are packed"):
        read_network(path)


class Scaled(nn.Module):
    """A network with its preparation before it, as this program exports them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = nn.ModuleDict({"blocks": nn.ModuleDict({"all": network})})

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        blocks = self.network["blocks"]
        assert isinstance(blocks, nn.ModuleDict)
        answers: torch.Tensor = blocks["all"](pixels.float() / 255 * 2.0 - 0.5)
        return answers


@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_the_scaling_of_the_input_is_left_to_the_data(suffix: str, tmp_path: Path) -> None:
    network, example = trained_a_little("LeNet")
    pixels = (example * 255).to(torch.uint8)
    read = read_network(exported(Scaled(network), pixels, tmp_path / f"net{suffix}"))
    assert read.notes == (
        "Its own scaling of the input is left out: here the data are standardised.",
    )
    assert read.graph.nodes[0].name == "all_conv1"
    prepared = pixels.float() / 255 * 2.0 - 0.5
    with torch.no_grad():
        torch.testing.assert_close(
            runnable(read)(prepared), network(prepared), rtol=1e-4, atol=1e-5
        )
