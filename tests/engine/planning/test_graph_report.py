"""`netwright graph`: what it prints of experiments, runs and graph files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.memory.ledger import ROWS
from app.engine.planning.graph_report import parse_inputs
from models.shape import Input
from models.template import TEMPLATES
from tests.problems import fitting

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run

GRAPH = """\
[model]
blocks = [
    { name = "conv1", kind = "convolution", channels = 8 },
    { name = "sum", kind = "add", inputs = ["conv1", "conv1"] },
    { name = "pool", kind = "global-pooling" },
    { name = "answer", kind = "output" },
]
"""


@pytest.fixture
def graph_file(tmp_path: Path) -> Path:
    path = tmp_path / "graph.toml"
    path.write_text(GRAPH, encoding="utf-8")
    return path


def report(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main(["graph", *arguments, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_a_graph_file_needs_no_data(graph_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, str(graph_file), "--input", "3x16x16")
    conv, added, pool, answer = found["blocks"]
    assert (conv["name"], conv["kind"], conv["inputs"]) == ("conv1", "convolution", ["input"])
    assert conv["settings"]["channels"] == 8 and conv["settings"]["kernel_size"] == 3
    assert (conv["shape"], conv["parameters"]) == ([8, 16, 16], 3 * 8 * 9)
    assert conv["multiply_adds"] == 16 * 16 * 3 * 8 * 9
    assert conv["bytes"]["weights"] == 4 * 3 * 8 * 9
    assert added["inputs"] == ["conv1", "conv1"]
    assert pool["inputs"] == ["sum"] and pool["shape"] == [8]

    totals = found["totals"]
    assert totals["parameters"] == conv["parameters"] + answer["parameters"]
    assert set(totals["bytes"]) == set(ROWS)
    assert totals["bytes"]["weights"] == 4 * totals["parameters"]
    assert not found["assumed"]


def test_what_it_reads_is_assumed_and_told(
    graph_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(capsys, str(graph_file))
    assert found["assumed"] and found["blocks"][0]["shape"] == [8, 28, 28]
    assert cli.main(["graph", str(graph_file)]) == 0
    assert "sizes are those for 1 channel of 28 × 28" in capsys.readouterr().out


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda kind: kind.kind)
def test_every_template_as_a_graph_file_is_sound(
    template: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task, problem = fitting(template)[0]
    if template.kind == "two-tower":
        pytest.skip("a graph file gives one form, and its halves have two")

    graph = template().resolved(problem).graph(problem)
    plain = {"model": {"blocks": toml_file.to_plain(own(graph))["model"]["blocks"]}}
    path = tmp_path / "graph.toml"
    toml_file.write(toml_file.from_plain(plain), path)
    sizes = "x".join(map(str, problem.shape))
    given = f"text:{sizes}x{problem.vocabulary}" if problem.input == "text" else sizes
    if problem.categories:
        pytest.skip("a row with categories needs its data")

    found = report(capsys, str(path), "--input", given)
    assert len(found["blocks"]) == len(graph.nodes)
    assert found["blocks"][-1]["shape"] == list(problem.output_shape), task


def own(graph: Any) -> Any:
    from app.engine.experiment.experiment import Experiment
    from models.own_network import OwnNetwork

    return Experiment(model=OwnNetwork(blocks=graph))


def test_a_run_shows_the_network_of_its_weights(
    kept_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(capsys, str(kept_run.path))
    of_experiment = report(capsys, str(kept_run.path / "experiment.toml"))
    assert found == of_experiment
    assert found["blocks"][0]["inputs"] == ["input"]


def test_the_sound_part_is_shown_before_what_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "graph.toml"
    path.write_text(GRAPH.replace('"conv1", "conv1"', '"conv1", "input"'), encoding="utf-8")
    found = report(capsys, str(path), code=1)
    assert found["blocks"][0]["shape"] == [8, 28, 28]
    assert found["blocks"][1]["shape"] is None
    mistake = found["mistake"]
    assert mistake["block"] == "sum" and mistake["inputs"] == [[8, 28, 28], [1, 28, 28]]
    assert "Insert a 1×1 convolution 1 → 8 after 'input'" in mistake["repairs"]
    assert found["totals"]["bytes"] == {}

    assert cli.main(["graph", str(path)]) == 1
    printed = capsys.readouterr()
    assert "cannot be built at 'sum'" in printed.err
    assert "8 channels of 28 × 28" in printed.out and "not reached" in printed.out
    assert "Insert a 1×1 convolution 1 → 8" in printed.out


def test_forms_of_an_example() -> None:
    picture = Input("image", (3, 32, 32))
    assert parse_inputs("3x32x32") == (picture,)
    assert parse_inputs("2x512") == (Input("signal", (2, 512)),)
    assert parse_inputs("16") == (Input("row", (16,)),)
    text = Input("text", (128,), vocabulary=1000)
    assert parse_inputs("text:128x1000") == (text,)
    assert parse_inputs("3x32x32 + text:128x1000") == (picture, text)
    wrong = ("", "3x", "0", "-1x3", "text:", "1x2x3x4", "picture:3", "9" * 30, "16+", "1+2+3")
    for each in wrong:
        with pytest.raises(UserError, match="is no form of an example"):
            parse_inputs(each)


def test_a_template_without_data_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "graph.toml"
    path.write_text('[model]\ntemplate = "resnet"\n', encoding="utf-8")
    assert cli.main(["graph", str(path)]) == 1
    assert "names no data" in capsys.readouterr().err
