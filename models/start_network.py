"""What one begins with: the usual template, with a sentence why, or an empty network.

Which template is the usual one says `models.template.usual_template`. This module does not import
torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.graph import INPUT, OTHER, Graph, Node, prefixed
from models.template import NO_AMOUNTS, usual_template

if TYPE_CHECKING:
    from models.shape import Problem

WHY = {
    "resnet": (
        "filters find edges and shapes wherever they stand in a picture, and its bypasses let it "
        "be deep and still train without care"
    ),
    "cnn": "a few filters that slide over the picture are quick and learn from few examples",
    "convnext": "large filters see much of a picture at once",
    "mlp": (
        "the columns of a row stand in no order and have no neighbours, so that layers which see "
        "all of them at once are enough"
    ),
    "realmlp": (
        "waves of each column make steps and bends easy to learn, and the layers behind them see "
        "all columns at once"
    ),
    "tabm": "many small networks answer together, and their mean is better than any of them",
    "text-cnn": (
        "filters look for phrases wherever they stand in a text, which is quick, and hard to beat "
        "on few examples"
    ),
    "cnn-1d": (
        "filters slide along the signal and find a pattern wherever it stands, from little "
        "computing"
    ),
    "gpt": "every token looks at those before it, and learns to say which comes next",
    "conv-autoencoder": (
        "it squeezes an example through few numbers and builds it up again, so that only what "
        "matters gets through"
    ),
    "ft-transformer": "every column is a token that looks at the others",
    "text-encoder": "every word looks at all others",
    "masked-autoencoder": "it sees some parts of an example, and learns to say what the others are",
    "vit": "parts of the picture look at each other",
    "two-tower": (
        "each half of a pair has an encoder of its own, and what belongs together comes to lie "
        "close together"
    ),
}
"""What speaks for a template, as the rest of a sentence, by its kind."""

WIDTH = 64
"""Numbers of a token in an empty network."""


def start_sentence(problem: Problem) -> str:
    """Returns which template these data begin with, and why."""
    template = usual_template(problem)
    why = WHY.get(template.kind, template.summary[:1].lower() + template.summary[1:].rstrip("."))
    return f"A good start for such data is {template.label}: {why}."


def why_not_empty(problem: Problem) -> str:
    """Returns in a sentence why there is no network at all for a problem; "" where there is."""
    return "" if all(problem.output_shape) else NO_AMOUNTS


def empty_graph(problem: Problem) -> Graph:
    """Returns the smallest network for a problem: what turns an example into an answer.

    It can be trained, and is there to be added to.
    """
    if problem.answers == "pair":
        first, second = (empty_graph(problem.tower(half)) for half in (0, 1))
        left, right = prefixed(first, "first", INPUT), prefixed(second, "second", OTHER)
        ends = (left[-1].name, right[-1].name)
        return Graph((*left, *right, Node("match", "contrastive-output", {}, ends)))

    if problem.answers == "tokens":
        answer = Node("answer", "token-output", {"outputs": problem.outputs})
        return Graph((_embedding(problem), answer))
    if problem.answers == "copy" and problem.input != "row":
        return Graph(_copy(problem))

    return Graph((*_before_answer(problem), _answer(problem)))


def _before_answer(problem: Problem) -> tuple[Node, ...]:
    """Returns blocks that make one list of values of an example."""
    if problem.input == "row":
        categories = list(problem.categories)
        return (Node("columns", "categorical-embedding", {"categories": categories}),)
    if problem.input == "text":
        return (
            Node("mask", "padding-mask", {}, (INPUT,)),
            _embedding(problem),
            Node("pool", "global-pooling", {"mode": "mean"}, ("embedding", "mask")),
        )

    return (Node("flat", "flatten"),)


def _answer(problem: Problem) -> Node:
    return Node("answer", "output", {"outputs": problem.output_shape[0]})


def _copy(problem: Problem) -> tuple[Node, ...]:
    """Returns blocks that give a picture or a signal in its own shape."""
    channels = problem.shape[0]
    if problem.input == "image":
        values = {"channels": channels, "kernel_size": 1, "bias": True}
        return (Node("answer", "convolution", values),)

    return (
        Node("moments", "transpose"),
        Node("answer", "token-output", {"outputs": channels}),
        Node("channels", "transpose"),
    )


def _embedding(problem: Problem) -> Node:
    values = {"vocabulary": max(1, problem.vocabulary), "width": WIDTH}
    return Node("embedding", "token-embedding", values, (INPUT,))
