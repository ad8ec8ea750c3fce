"""Kinds of blocks of one's own in an experiment, in the library, measured and trained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.experiment import overrides, toml_file
from app.engine.experiment.differences import differences
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.own_block_library import keep, read_library
from app.engine.experiment.resolve import resolve_for
from app.engine.learning import tasks
from app.engine.memory.block_cost import Conditions
from app.engine.memory.graph_measurement import measure_graph
from app.engine.results.predictor import Predictor
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import trainer
from models.groups import expanded
from models.own_network import OwnNetwork
from models.shape import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

TEXT = """\
[model]
blocks = [
    { name = "stem", kind = "convolution", channels = 8 },
    { name = "stage1", kind = "stage", channels = 8 },
    { name = "stage2", kind = "stage", channels = 12 },
    { name = "pool", kind = "global-pooling" },
    { name = "answer", kind = "output", outputs = 3 },
]

[model.own_blocks.bend]
blocks = [
    { name = "norm", kind = "batch-norm" },
    { name = "act", kind = "activation" },
]

[model.own_blocks.stage]
summary = "Two convolutions."
settings = { channels = 16 }
blocks = [
    { name = "conv1", kind = "convolution", channels = "$channels" },
    { name = "bend", kind = "bend" },
    { name = "conv2", kind = "convolution", channels = "$channels" },
    { name = "sum", kind = "add", inputs = ["conv1", "conv2"] },
]
"""


def read(text: str, path: Path) -> Experiment:
    path.write_text(text, encoding="utf-8")
    return toml_file.read(path)


def model_of(experiment: Experiment) -> OwnNetwork:
    assert isinstance(experiment.model, OwnNetwork)
    return experiment.model


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    experiment = read(TEXT, tmp_path / "own.toml")
    written = toml_file.dumps(experiment)
    assert TEXT.partition("[model]")[2] in written
    again = read(written, tmp_path / "again.toml")
    assert again.model == experiment.model
    plain = json.loads(json.dumps(toml_file.to_plain(experiment)))
    assert toml_file.from_plain(plain).model == experiment.model


def test_a_kind_that_the_network_does_not_use_stays(tmp_path: Path) -> None:
    text = TEXT.replace('kind = "stage", channels = 8', 'kind = "dropout"')
    text = text.replace('kind = "stage", channels = 12', 'kind = "dropout"')
    model = model_of(read(text, tmp_path / "own.toml"))
    assert model.own_blocks is not None and set(model.own_blocks) == {"bend", "stage"}


def test_a_setting_is_changed_like_that_of_any_block(tmp_path: Path) -> None:
    experiment = read(TEXT, tmp_path / "own.toml")
    changed = overrides.with_overrides(experiment, ["model.stage1.channels=10"])
    assert model_of(changed).blocks["stage1"].settings == {"channels": 10}
    (row,) = differences([toml_file.to_plain(each) for each in (experiment, changed)])
    assert (row.label, row.texts) == (
        "Block 'stage1'",
        ("stage, channels 8", "stage, channels 10"),
    )


def test_another_definition_is_a_difference(tmp_path: Path) -> None:
    experiment = read(TEXT, tmp_path / "own.toml")
    other = read(TEXT.replace('"activation"', '"dropout"'), tmp_path / "other.toml")
    (row,) = differences(
        [toml_file.to_plain(each.replace(name="a")) for each in (experiment, other)]
    )
    assert row.label == "Own block 'bend'"
    assert row.texts == ("norm: batch-norm; act: activation", "norm: batch-norm; act: dropout")


WRONG = {
    "itself": (
        TEXT.replace('"activation"', '"stage"'),
        "own block 'bend': It contains itself: bend → stage → bend.",
    ),
    "empty": (
        TEXT + "\n[model.own_blocks.other]\nblocks = []\n",
        "own block 'other': It has no blocks.",
    ),
    "key": (
        TEXT.replace("summary =", "sumary ="),
        "own block 'stage': An own block has no 'sumary'. Did you mean 'summary'?",
    ),
    "inputs": (
        TEXT.replace('["conv1", "conv2"]', '["conv1", "conv3"]'),
        "own block 'stage': In it, block 'sum': It reads 'conv3', which does not exist. "
        "Did you mean 'conv2'?",
    ),
    "name": (
        TEXT.replace("own_blocks.bend", 'own_blocks."be nd"'),
        "own block 'be nd': Its name holds letters, digits, - and _, and begins with a letter. "
        "Call it 'be-nd'.",
    ),
    "setting": (
        TEXT.replace("{ channels = 16 }", "{ kind = 16 }"),
        "own block 'stage': A setting cannot be called 'kind'.",
    ),
    "default": (
        TEXT.replace("{ channels = 16 }", "{ channels = { a = 1 } }"),
        "own block 'stage': The default of 'channels' is no number",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_definition_is_told_in_one_sentence(wrong: str, tmp_path: Path) -> None:
    text, sentence = WRONG[wrong]
    with pytest.raises(UserError) as error:
        read(text, tmp_path / "own.toml")

    assert sentence in str(error.value)


def test_groups_of_groups_do_not_grow_without_end(tmp_path: Path) -> None:
    kinds = [
        f"[model.own_blocks.k{number}]\nblocks = [\n"
        + "".join(
            f'    {{ name = "b{each}", kind = "{f"k{number - 1}" if number else "dropout"}" }},\n'
            for each in range(10)
        )
        + "]\n"
        for number in range(7)
    ]
    with pytest.raises(UserError, match="It comes to 10,000 blocks; 1,000 are the most"):
        read(TEXT + "\n".join(kinds), tmp_path / "own.toml")


def test_memory_and_work_are_those_of_the_blocks_apart(tmp_path: Path) -> None:
    graph = model_of(read(TEXT, tmp_path / "own.toml")).blocks
    problem = Problem("image", (3, 12, 12), 3, 100)
    resolved = resolve_for(Experiment(), problem, tasks.task("classification"))
    conditions = Conditions.of(resolved, "float32", "cpu")
    whole = measure_graph(graph, problem, resolved, conditions)
    apart = measure_graph(expanded(graph), problem, resolved, conditions)
    assert whole.error is apart.error is None
    assert whole.bytes == apart.bytes
    assert (whole.parameters, whole.multiply_adds) == (apart.parameters, apart.multiply_adds)
    fields = whole.by_name["stage2"].receptive_field, apart.blocks[-3].receptive_field
    assert fields[0] is not None and fields[0] == fields[1]


def test_another_definition_is_measured_anew(tmp_path: Path) -> None:
    problem = Problem("image", (3, 12, 12), 3, 100)
    resolved = resolve_for(Experiment(), problem, tasks.task("classification"))
    conditions = Conditions.of(resolved, "float32", "cpu")
    first = model_of(read(TEXT, tmp_path / "own.toml")).blocks
    text = TEXT.replace(
        'channels = "$channels" },\n    { name = "bend"',
        'channels = "$channels", kernel_size = 5 },\n    { name = "bend"',
    )
    second = model_of(read(text, tmp_path / "other.toml")).blocks
    before = measure_graph(first, problem, resolved, conditions)
    after = measure_graph(second, problem, resolved, conditions, before)
    assert after.parameters == measure_graph(second, problem, resolved, conditions).parameters
    assert after.parameters > before.parameters


def test_the_command_lists_it_as_one_block(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TEXT, encoding="utf-8")
    assert cli.main(["graph", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    stage = report["blocks"][1]
    assert (stage["kind"], stage["settings"]) == ("stage", {"channels": 8})
    assert stage["inputs"] == ["stem"] and stage["parameters"] == 1_168

    path.write_text(TEXT.replace("$channels", "$chanels", 1), encoding="utf-8")
    assert cli.main(["graph", str(path)]) == 1
    assert "at 'stage1': 'channels' of its block 'conv1'" in capsys.readouterr().err


def test_it_trains_goes_on_and_answers(dataset: Dataset, tmp_path: Path) -> None:
    data = {"source": dataset.description.source, "height": 12, "width": 12}
    training = {"epochs": 1, "batch_size": 8, "threads": 1}
    classes = len(dataset.description.classes)
    text = TEXT.replace("outputs = 3", f"outputs = {classes}")
    plain: dict[str, Any] = toml_file.to_plain(read(text, tmp_path / "own.toml"))
    requested = toml_file.from_plain({**plain, "data": data, "training": training})
    run = Run.create(tmp_path / "runs", requested)
    trainer.train(requested, run, lambda _: None, Control())

    assert toml_file.read(run.path / "experiment.toml").model == requested.model
    assert trainer.resume(run, lambda _: None, Control(), epochs=2).status == "completed"
    best = checkpoint.read_best(run)
    assert best.graph == model_of(requested).blocks
    assert "blocks.stage2.bend.norm.0.weight" in best.model
    assert Predictor.load(run).predictions(dataset.inputs[:4]).shape == (4, classes)


def test_the_library_keeps_a_kind_with_those_it_holds(tmp_path: Path) -> None:
    own = model_of(read(TEXT, tmp_path / "own.toml")).own_blocks
    assert own is not None
    assert read_library().blocks == {}
    keep(own["stage"])
    keep(own["stage"])
    library = read_library()
    assert library.blocks == {"stage": own["stage"]} and library.problems == ()

    other = model_of(read(TEXT.replace("= 16", "= 32"), tmp_path / "b.toml")).own_blocks
    assert other is not None
    with pytest.raises(UserError, match="has another block called 'stage'"):
        keep(other["stage"])


def test_a_file_of_the_library_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("x = [", encoding="utf-8")
    (tmp_path / "other.toml").write_text("x = 1", encoding="utf-8")
    (tmp_path / "empty.toml").write_text("[own_blocks.empty]\nblocks = []", encoding="utf-8")
    library = read_library(tmp_path)
    assert library.blocks == {}
    assert [sentence.partition(" ")[0] for sentence in library.problems] == [
        "'broken.toml'",
        "In",
        "'other.toml'",
    ]
