"""`netwright code`: the file that it writes is the network, with the weights beside it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from app import cli
from app.engine.experiment import toml_file
from app.engine.experiment.resolve import resolve
from app.engine.results.predictor import Predictor
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from models.network import build_model

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_processes")

EXPERIMENT = """\
[data]
source = "sample:digits"
[model]
template = "cnn"
width = 8
dropout = 0.1
[training]
epochs = 1
threads = 1
seed = 7
"""


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("Netz é") / "digits.toml"
    path.write_text(EXPERIMENT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(experiment: Path) -> Path:
    path = experiment.with_name("run")
    assert cli.main(["train", str(experiment), "--run-dir", str(path)]) == 0
    return path


def write(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Runs the command and returns its JSON object."""
    capsys.readouterr()
    code = cli.main(["code", *map(str, arguments), "--json"])
    output = capsys.readouterr()
    assert code == 0, output.err
    return dict(json.loads(output.out))


def printed_shape(code: Path, *arguments: object) -> str:
    """Runs the file as a person would, where this program cannot be found."""
    command = [sys.executable, "-I", str(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=code.parent, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_weights_of_an_experiment_are_those_of_its_seed(
    experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, weights = tmp_path / "out" / "network.py", tmp_path / "out" / "first.safetensors"
    told = write(capsys, experiment, "--out", code, "--weights", weights, "--check")
    assert told["max_difference"] <= 1e-6
    assert (told["code"], told["weights"]) == (str(code), str(weights))
    assert told["lines"] == len(code.read_text(encoding="utf-8").splitlines())

    requested = toml_file.read(experiment)
    description = open_dataset(requested.data).description
    resolved = resolve(requested, description)
    problem = resolved.problem(description)
    network = build_model(resolved.model.graph(problem), problem, 7)
    written = load_file(weights)
    expected = {name.partition(".")[2]: each for name, each in network.state_dict().items()}
    assert set(written) == set(expected)
    assert all(torch.equal(written[name], expected[name]) for name in expected)

    assert printed_shape(code) == "(1, 10)"


def test_the_weights_of_a_run_are_those_in_use(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, weights = tmp_path / "network.py", tmp_path / "best.safetensors"
    write(capsys, run, "--out", code, "--weights", weights)

    trained = Predictor.load(Run(run)).network.state_dict()
    written = load_file(weights)
    assert len(written) == len(trained)
    for name, tensor in trained.items():
        assert torch.equal(written[name.partition(".")[2]], tensor)

    assert printed_shape(code, weights) == "(1, 10)"


def test_without_weights_only_the_code_is_written(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = write(capsys, run, "--out", tmp_path / "network.py")
    assert "max_difference" not in told and "weights" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["network.py"]


def test_others_may_read_what_is_written_as_far_as_the_system_says(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    weights = tmp_path / "weights.safetensors"
    write(capsys, run, "--out", tmp_path / "network.py", "--weights", weights)
    if os.name != "nt":
        assert weights.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    "arguments",
    (
        ("{experiment}", "--out", "{experiment}"),
        ("{experiment}", "--out", "{folder}/a.py", "--weights", "{folder}/a.py"),
        ("{run}", "--out", "{run}/experiment.toml"),
    ),
    ids=("the experiment", "the other", "a file of the run"),
)
def test_nothing_is_written_over(
    arguments: tuple[str, ...],
    experiment: Path,
    run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = [path.read_bytes() for path in (experiment, run / "experiment.toml")]
    names = {"experiment": experiment, "run": run, "folder": tmp_path}
    assert cli.main(["code", *(each.format(**names) for each in arguments)]) == 1
    assert "would be written over" in capsys.readouterr().err
    assert before == [path.read_bytes() for path in (experiment, run / "experiment.toml")]


@pytest.mark.parametrize(
    ("path", "sentence"),
    (("nothing.toml", "There is no"), ("nothing", "is not a run")),
)
def test_what_is_not_there_is_a_sentence(
    path: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "network.py"
    assert cli.main(["code", str(tmp_path / path), "--out", str(out)]) == 1
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_is_no_place_for_the_code(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["code", str(run), "--out", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert str(tmp_path) in line


GRAPH = """\
[model]
blocks = [
  {name = "one", kind = "convolution", channels = 4},
  {name = "two", kind = "convolution", channels = 4},
  {name = "sum", kind = "add", inputs = ["one", "two"]},
  {name = "flat", kind = "flatten"},
  {name = "answer", kind = "output", outputs = 3},
]
"""


def test_a_graph_file_is_written_for_what_it_is_said_to_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, code = tmp_path / "graph.toml", tmp_path / "network.py"
    path.write_text(GRAPH, encoding="utf-8")
    told = write(capsys, path, "--out", code, "--input", "2x6x6", "--check")
    assert told["max_difference"] <= 1e-6
    assert '"""(B, 2, 6, 6) -> (B, 3)."""' in code.read_text(encoding="utf-8")


def test_a_graph_that_cannot_be_built_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, code = tmp_path / "graph.toml", tmp_path / "network.py"
    path.write_text(GRAPH.replace("channels = 4", "channels = 5", 1), encoding="utf-8")
    assert cli.main(["code", str(path), "--out", str(code)]) == 1
    assert "'sum'" in capsys.readouterr().err
    assert not code.exists()


def test_names_of_classes_stand_in_the_code_as_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ('"""; import os', "back\\slash", "a \u202e b")
    rows = "".join(
        f'{place % 5},"{names[place % 3].replace(chr(34), 2 * chr(34))}"\n' for place in range(60)
    )
    (tmp_path / "table.csv").write_text("x,label\n" + rows, encoding="utf-8")
    path, code = tmp_path / "table.toml", tmp_path / "network.py"
    path.write_text('[data]\nsource = "table.csv"\ntarget = "label"\n', encoding="utf-8")
    write(capsys, path, "--out", code)

    text = code.read_text(encoding="utf-8")
    documentation = ast.get_docstring(ast.parse(text))
    assert documentation is not None and names[0] in documentation.replace('\\"', '"')
    assert "\u202e" not in text
