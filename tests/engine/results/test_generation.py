"""A language model goes on with a text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.engine.data.dataset import Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.tokenizer import load_tokenizer, train_tokenizer
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.results.generation import generate, probable
from app.engine.results.predictor import Predictor
from models.graph import Graph, Node
from models.network import build_model
from models.shape import Problem

CONTEXT = 12
LEARNED = train_tokenizer(["the old house by the river. " * 300], "bpe", 300)


def predictor(saved: str = "", seed: int = 3) -> Predictor:
    """An untrained network, made sharper so that its answers differ."""
    preparation = TextPreparation(saved, load_tokenizer(saved).vocabulary, CONTEXT)
    problem = Problem.of(preparation.inputs, preparation.vocabulary, 10, "tokens")
    graph = Graph(
        (
            Node(
                "embedding", "token-embedding", {"vocabulary": preparation.vocabulary, "width": 16}
            ),
            Node("positions", "position-embedding"),
            Node("block", "transformer", {"heads": 2, "causal": True}),
            Node("answer", "token-output", {"outputs": preparation.vocabulary}),
        )
    )

    network = build_model(graph, problem, seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(4)

    description = Description(
        "here",
        "One long text",
        (CONTEXT,),
        (),
        {"training": (10,)},
        "0",
        preparation,
        task="language-modelling",
    )
    return Predictor(network, description, task("language-modelling"))


@pytest.mark.parametrize("saved", ["", LEARNED], ids=["bytes", "bpe"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_seed_says_the_same_in_pieces_that_add_up(saved: str, temperature: float) -> None:
    model = predictor(saved)
    pieces = list[str]()
    text = generate(model, "the ol", 30, temperature, on_piece=pieces.append, seed=5)
    assert text and "".join(pieces) == text and len(pieces) > 1
    assert text == generate(model, "the ol", 30, temperature, seed=5)

    text.encode("utf-8")  # whole characters
    other = generate(model, "the ol", 30, temperature, seed=6)
    assert (other == text) == (temperature == 0)


def test_temperature_0_takes_the_most_probable_and_the_window_slides() -> None:
    """Compared with a plain loop over the bytes."""
    model = predictor()
    known = [ord(letter) + 1 for letter in "a long beginning of a text"]

    expected = []
    for _ in range(2 * CONTEXT):
        window = torch.tensor([known[-CONTEXT:]])
        scores = model.network(window)[0, -1]
        number = int(scores[1:].argmax()) + 1
        known.append(number)
        expected.append(number - 1)

    predictions = generate(model, "a long beginning of a text", 2 * CONTEXT, 0.0)
    assert predictions == bytes(expected).decode("utf-8", "replace")


def test_an_empty_prompt_begins_a_line_and_no_tokens_are_no_text() -> None:
    model = predictor()
    assert generate(model, "", 8, 0.0) == generate(model, "\n", 8, 0.0)
    assert generate(model, "a", 0) == ""


def test_probable_tokens_never_hold_padding() -> None:
    model = predictor(LEARNED)
    tokens = probable(model, "the old", 1_000)
    assert len(tokens) == model.description.preparation.inputs[0].vocabulary - 1
    assert sum(share for _, share in tokens) == pytest.approx(1, abs=1e-4)
    assert tokens[0][1] == max(share for _, share in tokens)
    assert probable(model, "the old", 1)[0] == tokens[0]


def test_it_can_be_stopped() -> None:
    class Enough(Exception):
        pass

    pieces: list[str] = []

    def check() -> None:
        if len(pieces) > 2:
            raise Enough

    with pytest.raises(Enough):
        generate(predictor(LEARNED), "the", 500, 1.0, check, pieces.append)

    assert len(pieces) == 3


def test_other_networks_and_temperatures_are_refused() -> None:
    model = predictor()
    with pytest.raises(UserError, match="temperature"):
        generate(model, "a", 3, -1.0)

    description = Description(
        "", "", (1, 8, 8), ("a", "b"), {}, "0", ImagePreparation(8, 8, 1, "crop", (0.5,), (0.25,))
    )
    with pytest.raises(UserError, match="does not write"):
        generate(Predictor(model.network, description, task("classification")), "a", 3)


def test_what_stands_behind_changes_nothing() -> None:
    """The network is given padding up to the context: it must not matter."""
    model = predictor()
    short = torch.tensor([[5, 9, 11]])
    long = torch.zeros(1, CONTEXT, dtype=torch.int64)

    long[0, :3] = short
    with torch.no_grad():
        answers = model.network(long)[0, :3]
        long[0, 3:] = 77
        again = model.network(long)[0, :3]

    assert np.allclose(answers.numpy(), again.numpy(), atol=1e-5)
