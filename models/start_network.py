"""Why a data set begins with the template that it begins with, in a sentence.

Which one that is says `models.template.usual_template`. This module does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.template import usual_template

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


def start_sentence(problem: Problem) -> str:
    """Returns which template these data begin with, and why."""
    template = usual_template(problem)
    why = WHY.get(template.kind, template.summary[:1].lower() + template.summary[1:].rstrip("."))
    return f"A good start for such data is {template.label}: {why}."
