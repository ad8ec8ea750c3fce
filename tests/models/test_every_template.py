"""What every template promises, with every kind of example that it fits."""

from __future__ import annotations

import json

import pytest
import torch

from app.engine.memory.inspection import inspect
from models.graph import Graph
from models.shape import Answers, Input, Meaning, Problem
from models.spec import settings
from models.template import TEMPLATES, Template, usual_template
from tests.models.networks import INPUTS, batch_of, cases, network_of, problem_of, typical_problem

CASES = pytest.mark.parametrize(
    ("kind", "problem"),
    [(kind, problem) for _, kind, problem in cases()],
    ids=[name for name, _, _ in cases()],
)
EVERY = pytest.mark.parametrize("kind", TEMPLATES.all(), ids=lambda kind: kind.kind)


def test_every_template_is_among_the_cases() -> None:
    assert {kind for _, kind, _ in cases()} == {
        kind for kind in TEMPLATES.all() if "pair" not in kind.gives
    }


@CASES
def test_the_output_matches_the_problem_and_every_weight_can_learn(
    kind: type[Template], problem: Problem
) -> None:
    network = network_of(kind(), problem).train()
    for batch in (1, 2):
        network.zero_grad()
        x = batch_of(problem, batch)
        if problem.answers == "copy" and problem.input != "row":
            # Some values are hidden, so that what stands for them must learn as well.
            assert isinstance(x, torch.Tensor)
            x = x.clone()
            x[..., : max(1, problem.shape[-1] // 2)] = 0

        answers = network(x)
        assert answers.shape == (batch, *problem.output_shape)
        assert torch.isfinite(answers).all()

        (answers - 1).square().mean().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name


@CASES
def test_what_is_counted_without_computing_is_true(kind: type[Template], problem: Problem) -> None:
    graph = kind().resolved(problem).graph(problem)
    report = inspect(graph, problem)
    assert report.error is None
    assert report.parameters == sum(
        parameter.numel() for parameter in network_of(kind(), problem).parameters()
    )
    assert report.blocks[-1].shape == problem.output_shape
    assert report.multiply_adds > 0


@EVERY
def test_graph_and_problem_survive_plain_data(kind: type[Template]) -> None:
    problem = typical_problem(kind)
    graph = kind().resolved(problem).graph(problem)
    assert Graph.from_plain(json.loads(json.dumps(graph.to_plain()))) == graph
    assert Problem.from_plain(json.loads(json.dumps(problem.to_plain()))) == problem


@EVERY
def test_what_is_open_is_filled_in_and_stays(kind: type[Template]) -> None:
    problem = typical_problem(kind)
    resolved = kind().resolved(problem)
    assert all(
        getattr(resolved, name) is not None
        for name in kind.model_fields
        if name not in ("width", "dropout")
    )

    assert resolved.resolved(problem) == resolved
    assert TEMPLATES.read(TEMPLATES.write(resolved)) == resolved


@EVERY
def test_it_speaks_in_few_words(kind: type[Template]) -> None:
    assert len([item for item in settings(kind) if not item.advanced]) <= 5
    assert all(item.label and item.help.endswith((".", ")")) for item in settings(kind))
    assert kind.summary.endswith(".") and len(kind.summary) < 100


@EVERY
@pytest.mark.parametrize("examples", (1, 60, 300, 5_000, 57_000, 2_000_000))
def test_its_recipe_suits_the_number_of_examples(kind: type[Template], examples: int) -> None:
    problem = typical_problem(kind)
    recipe = kind.recipe(Problem.of(problem.inputs, problem.outputs, examples, problem.answers))
    assert 1 <= recipe["training"]["epochs"] <= 200
    assert 4 <= recipe["training"]["batch_size"] <= 256
    assert 0 < recipe["optimizer"]["learning_rate"] < 0.02


@EVERY
def test_dropout_forgets_only_while_training(kind: type[Template]) -> None:
    problem = typical_problem(kind)
    network = network_of(kind(dropout=0.5), problem)
    x = batch_of(problem, 4)
    network.eval()

    assert torch.equal(network(x), network(x))
    network.train()
    assert not torch.equal(network(x), network(x))


@EVERY
def test_under_bfloat16_the_answer_is_near(kind: type[Template]) -> None:
    problem = typical_problem(kind)
    network = network_of(kind(), problem).eval()

    x = batch_of(problem, 2)
    with torch.no_grad():
        exact = network(x)
        with torch.autocast("cpu", torch.bfloat16):
            near = network(x)

    torch.testing.assert_close(near.float(), exact, rtol=0.1, atol=0.1 * float(exact.abs().max()))


@pytest.mark.parametrize(
    "name", [name for name in INPUTS if "tiny" not in name and "of one" not in name]
)
def test_there_is_a_first_choice_for_every_kind_of_example(name: str) -> None:
    firsts = {"image": "resnet", "text": "text-cnn", "row": "mlp", "signal": "cnn-1d"}
    example = INPUTS[name]
    assert usual_template(problem_of(example)).kind == firsts[example.kind]


def test_the_first_choice_for_a_table_follows_its_rows_and_its_answer() -> None:
    def first(examples: int, meaning: Meaning) -> str:
        row = INPUTS["a row with categories"]
        return usual_template(Problem.of((row,), 3, examples, "values", meaning)).kind

    assert first(100, "classes") == "mlp"
    assert first(5_000, "classes") == first(5_000, "amounts") == "realmlp"
    assert first(5_000, "") == "mlp", "points in space"


def test_a_template_that_does_not_fit_says_why() -> None:
    text = problem_of(INPUTS["a text"])
    row = problem_of(INPUTS["a row"])
    assert TEMPLATES.get("resnet").unfit(text) == "ResNet reads pictures, not texts."
    assert "reads table rows or signals" in TEMPLATES.get("cnn-1d").unfit(text) or (
        "reads signals or table rows" in TEMPLATES.get("cnn-1d").unfit(text)
    )
    assert TEMPLATES.get("gpt").unfit(text).startswith("GPT answers after every token;")
    assert "restores what it is given" in TEMPLATES.get("conv-autoencoder").unfit(row)
    assert "have none" in TEMPLATES.get("mlp").unfit(
        problem_of(INPUTS["a row of categories"], "copy")
    )
    assert "600 are too many" in TEMPLATES.get("ft-transformer").unfit(
        problem_of(Input("row", (600,)))
    )


@pytest.mark.parametrize(
    ("kind", "example", "answers", "most"),
    (
        ("conv-autoencoder", Input("image", (3, 224, 224)), "copy", 400e6),
        ("conv-autoencoder", Input("signal", (1, 16_000)), "copy", 100e6),
        ("masked-autoencoder", Input("image", (3, 224, 224)), "copy", 250e6),
        ("masked-autoencoder", Input("signal", (1, 16_000)), "copy", 100e6),
        ("cnn-1d", Input("signal", (1, 16_000)), "values", 120e6),
        ("mlp", Input("row", (10_000,)), "values", 10e6),
        ("cnn-1d", Input("row", (10_000,)), "values", 10e6),
    ),
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_large_examples_do_not_explode(
    kind: str, example: Input, answers: Answers, most: float
) -> None:
    problem = problem_of(example, answers)
    report = inspect(TEMPLATES.get(kind)().resolved(problem).graph(problem), problem)
    assert report.error is None
    assert report.multiply_adds < most
