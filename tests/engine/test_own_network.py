"""A network of one's own in an experiment: read, written, changed, resolved and trained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

from app import cli
from app.engine.errors import UserError
from app.engine.experiment import overrides, toml_file
from app.engine.experiment.changes import with_changes
from app.engine.experiment.differences import differences
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.results.predictor import Predictor
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training import plan, trainer
from models.graph import INPUT, Graph
from models.own_network import OwnNetwork
from models.template import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

BYPASS: tuple[dict[str, Any], ...] = (
    {"name": "conv1", "kind": "convolution", "channels": 8},
    {"name": "norm1", "kind": "batch-norm", "activation": "relu"},
    {"name": "conv2", "kind": "convolution", "channels": 8},
    {"name": "sum", "kind": "add", "inputs": ["norm1", "conv2"]},
    {"name": "pool", "kind": "global-pooling"},
    {"name": "answer", "kind": "output", "outputs": 3},
)


def as_plain(*blocks: Any, **sections: Any) -> dict[str, Any]:
    return {"netwright": 2, "model": {"blocks": list(blocks)}, **sections}


def own(*blocks: Any, **sections: Any) -> Experiment:
    return toml_file.from_plain(as_plain(*blocks, **sections))


def graph_of(experiment: Experiment) -> Graph:
    assert isinstance(experiment.model, OwnNetwork)
    return experiment.model.blocks


def test_a_block_reads_the_one_before_unless_it_says_so() -> None:
    graph = graph_of(own(*BYPASS))
    assert [node.inputs for node in graph.nodes][:4] == [
        (INPUT,),
        ("conv1",),
        ("norm1",),
        ("norm1", "conv2"),
    ]


def test_blocks_are_written_as_they_were_a_line_each() -> None:
    experiment = own(*BYPASS)
    text = toml_file.dumps(experiment)
    assert '    { name = "conv1", kind = "convolution", channels = 8 },\n' in text
    assert '    { name = "sum", kind = "add", inputs = ["norm1", "conv2"] },\n' in text

    wider = overrides.with_overrides(experiment, ["model.conv2.channels=16"])
    lines = set(text.splitlines()), set(toml_file.dumps(wider).splitlines())
    assert len(lines[1] - lines[0]) == 1


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    reshape = {"name": "flat", "kind": "reshape", "target_shape": [-1], "inputs": ["conv1"]}
    experiment = own(*BYPASS[:1], reshape, name="own")
    experiment = experiment.replace(
        model=OwnNetwork(blocks=graph_of(experiment), origin=TEMPLATES.get("resnet")(depth=2))
    )

    toml_file.write(experiment, path)
    again = toml_file.read(path)
    assert again == experiment
    assert isinstance(again.model, OwnNetwork)
    assert again.model.origin == TEMPLATES.get("resnet")(depth=2)


def test_other_experiments_are_written_as_before() -> None:
    experiment = Experiment(name="a", model="resnet")
    assert toml_file.dumps(experiment) == tomli_w.dumps(toml_file.to_plain(experiment))


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda kind: kind.kind)
def test_every_template_can_be_written_as_blocks(template: Any) -> None:
    from tests.problems import fitting

    for _, problem in fitting(template):
        graph = template().resolved(problem).graph(problem)
        experiment = Experiment(model=OwnNetwork(blocks=graph))
        again = toml_file.from_plain(json.loads(json.dumps(toml_file.to_plain(experiment))))
        assert graph_of(again) == graph


def test_template_and_blocks_exclude_each_other() -> None:
    data = as_plain(*BYPASS)
    data["model"]["template"] = "resnet"
    with pytest.raises(UserError, match="exclude each other"):
        toml_file.from_plain(data)

    back = overrides.with_overrides(own(*BYPASS), ["model.template=resnet"])
    assert back.model == TEMPLATES.get("resnet")()
    blocks = '[{name = "a", kind = "output"}]'
    forth = overrides.with_overrides(Experiment(model="resnet"), [f"model.blocks={blocks}"])
    assert [node.name for node in graph_of(forth).nodes] == ["a"]


def test_a_block_that_there_is_not_cannot_be_set() -> None:
    with pytest.raises(UserError, match=r"no block called 'conv3'.*Did you mean 'conv"):
        overrides.with_overrides(own(*BYPASS), ["model.conv3.channels=3"])

    with pytest.raises(UserError, match=r"section\.field=value"):
        overrides.with_overrides(Experiment(model="resnet"), ["model.conv.channels=3"])


def test_the_recipe_is_that_of_the_template_it_came_from(dataset: Dataset) -> None:
    described = dataset.description
    graph = graph_of(own(*BYPASS))
    convnext = TEMPLATES.get("convnext")
    requested = Experiment(model=OwnNetwork(blocks=graph, origin=convnext()))
    as_template = resolve(Experiment(model=convnext()), described)
    assert resolve(requested, described).optimizer == as_template.optimizer

    usual = resolve(Experiment(model="resnet"), described)
    assert resolve(own(*BYPASS), described).optimizer == usual.optimizer


def test_the_second_moment_follows_the_recipe_where_it_is_left_open(dataset: Dataset) -> None:
    def second_moment(*pairs: str) -> object:
        changed = overrides.with_overrides(Experiment(model="resnet"), pairs)
        return resolve(changed, dataset.description).optimizer.beta2

    assert second_moment() == second_moment("optimizer.kind=adamw") == 0.99
    assert second_moment("optimizer.kind=adamw", "optimizer.learning_rate=0.01") == 0.99
    assert second_moment("optimizer.kind=adamw", "optimizer.beta2=0.95") == 0.95
    assert second_moment("optimizer.kind=adam") == second_moment("model.template=cnn") == 0.999


def test_attention_without_an_origin_is_trained_as_a_transformer(dataset: Dataset) -> None:
    blocks = (
        {"name": "patches", "kind": "patch-embedding"},
        {"name": "block1", "kind": "transformer"},
        {"name": "pool", "kind": "global-pooling", "mode": "mean"},
        {"name": "answer", "kind": "output"},
    )
    resolved = resolve(own(*blocks), dataset.description)
    assert resolved.schedule.kind == "cosine"
    assert resolved.training.gradient_clip == 1.0


WRONG: dict[str, tuple[list[Any], str]] = {
    "cycle": (
        [
            {"name": "a", "kind": "convolution", "inputs": ["b"]},
            {"name": "b", "kind": "convolution"},
        ],
        "block 'a': It reads what it makes itself: a → b → a.",
    ),
    "below": (
        [
            {"name": "a", "kind": "add", "inputs": ["input", "b"]},
            {"name": "b", "kind": "convolution", "inputs": ["input"]},
        ],
        "block 'a': It reads 'b', which stands below it. Move 'b' above it.",
    ),
    "missing": (
        [
            {"name": "conv1", "kind": "convolution"},
            {"name": "b", "kind": "convolution", "inputs": ["conv"]},
        ],
        "block 'b': It reads 'conv', which does not exist. Did you mean 'conv1'?",
    ),
    "twice": ([{"name": "a", "kind": "add"}] * 2, "block 'a': Two blocks are called 'a'."),
    "keyword": ([{"name": "class", "kind": "add"}], "Call it 'class_1'."),
    "dot": ([{"name": "a.b", "kind": "add"}], "block 'a.b': A name holds letters"),
    "reserved": ([{"name": "input", "kind": "add"}], "'input' is the example itself."),
    "long": ([{"name": "a" * 100, "kind": "add"}], "block 1: Its name has 100 characters"),
    "no name": ([{"kind": "add"}], "block 1: It has no name."),
    "no kind": ([{"name": "a"}], "block 'a': It has no kind."),
    "no block": ([3], "block 1: This is no block."),
    "inputs": ([{"name": "a", "kind": "add", "inputs": "b"}], "Its 'inputs' are no list of names"),
    "table": ([{"name": "a", "kind": "add", "x": {"y": 1}}], "block 'a': Its 'x' is no number"),
    "empty": ([], "the network: The network has no blocks."),
    "many": (
        [{"name": f"a{number}", "kind": "convolution"} for number in range(10_000)],
        "the network: The network has 10,000 blocks; 1,000 are the most.",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_graph_is_told_in_one_sentence_on_its_block(wrong: str) -> None:
    blocks, sentence = WRONG[wrong]
    with pytest.raises(UserError) as error:
        own(*blocks)

    assert sentence in str(error.value)
    assert error.value.setting == "model.blocks"


SETTINGS = {
    "kind": ({"kind": "convolutoin"}, "no block called 'convolutoin'. Did you mean 'convolution'?"),
    "zero": ({"channels": 0}, "'channels' is 0; it must be at least 1 and at most 4,096."),
    "negative": ({"channels": -3}, "'channels' is -3; it must be at least 1"),
    "huge": ({"channels": 10**12}, "'channels' is 1000000000000; it must be at least 1"),
    "type": ({"channels": "many"}, "'channels' is 'many'; it must be a whole number"),
    "name": ({"chanels": 3}, "no setting 'chanels'. Did you mean 'channels'?"),
    "torch": ({"name": "items"}, "A block cannot be called 'items'"),
}


@pytest.mark.parametrize("wrong", SETTINGS)
def test_a_wrong_block_is_told_before_the_data_are_read(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, sentence = SETTINGS[wrong]
    block = {"name": "a", "kind": "convolution", **changed}
    path = tmp_path / "wrong.toml"
    missing = {"data": {"source": str(tmp_path / "missing")}}
    path.write_text(toml_file.dumps(own(block, *BYPASS[1:], **missing)), encoding="utf-8")

    assert cli.main(["train", str(path), "--run-dir", str(tmp_path / "run")]) == 1
    told = capsys.readouterr().err
    assert sentence in told
    assert f"at '{block['name']}'" in told


def test_weights_without_end_are_refused_before_they_are_made(dataset: Dataset) -> None:
    wide = {"kind": "convolution", "channels": 4096, "kernel_size": 16}
    blocks = [{"name": f"conv{number}", **wide} for number in range(60)]
    answer = {"name": "answer", "kind": "output", "outputs": len(dataset.description.classes)}
    requested = own(*blocks, BYPASS[4], answer)
    with pytest.raises(UserError, match="The weights of the network alone take"):
        plan.plan_training(requested, lambda _: None, Control(), dataset)


def test_runs_say_which_blocks_differ() -> None:
    experiment = own(*BYPASS)
    other = overrides.with_overrides(experiment, ["model.conv2.kernel_size=5"])
    (row,) = differences([toml_file.to_plain(each) for each in (experiment, other)])
    assert (row.label, row.texts) == (
        "Block 'conv2'",
        ("convolution, channels 8", "convolution, channels 8, kernel_size 5"),
    )


def test_a_change_of_another_section_keeps_the_blocks(dataset: Dataset) -> None:
    changed = with_changes(own(*BYPASS), {"training.epochs": 3}, dataset.description)
    assert graph_of(changed) == graph_of(own(*BYPASS))


def test_it_trains_goes_on_and_answers(dataset: Dataset, tmp_path: Path) -> None:
    data = {"source": dataset.description.source, "height": 12, "width": 12}
    training = {"epochs": 1, "batch_size": 8, "threads": 1}
    classes = len(dataset.description.classes)
    answer = {"name": "answer", "kind": "output", "outputs": classes}
    requested = own(*BYPASS[:-1], answer, data=data, training=training)
    run = Run.create(tmp_path, requested)
    trainer.train(requested, run, lambda _: None, Control())

    assert toml_file.read(run.path / "experiment.toml").model == requested.model
    finished = trainer.resume(run, lambda _: None, Control(), epochs=2)
    assert finished.status == "completed"

    best = checkpoint.read_best(run)
    assert best.graph.nodes[3].inputs == ("norm1", "conv2")
    assert best.problem.outputs == classes

    predictor = Predictor.load(run)
    assert predictor.predictions(dataset.inputs[:4]).shape == (4, classes)
