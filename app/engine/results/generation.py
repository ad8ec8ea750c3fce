"""A trained language model goes on with a text, token by token."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.errors import UserError
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.results.predictor import Predictor

BEGINNING = "\n"
"""What an empty prompt is taken for: a text begins after a line break.

It is not part of the answer.
"""


def generate(
    predictor: Predictor,
    prompt: str,
    tokens: int,
    temperature: float = 0.8,
    check: Check = no_check,
    told: Callable[[str], None] = lambda piece: None,
    seed: int = 0,
) -> str:
    """Goes on with the prompt by so many tokens; returns what was added.

    temperature: 0 always takes the most probable token; 1 follows the network's own probabilities;
    above, it becomes bolder. Beyond the context the oldest tokens are forgotten. told: gets the
    text in pieces as they come, each of whole characters; together they are what is returned.
    check: called before every token and may raise to stop. The same seed says the same. Raises
    UserError where the network does not write texts.
    """
    preparation = _preparation(predictor)
    if temperature < 0:
        raise UserError("The temperature is below 0.", "Choose 0 or more.")

    generator = torch.Generator().manual_seed(seed)
    table = preparation.tokenizer.bytes_of
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    known: list[int] = preparation.tokens_of(prompt or BEGINNING).tolist()

    pieces: list[str] = []
    for _ in range(tokens):
        check()
        known = known[-preparation.length :]
        number = _chosen(_next(predictor, preparation, known), temperature, generator)
        known.append(number)
        _tell(decoder.decode(table[number]), pieces, told)

    _tell(decoder.decode(b"", final=True), pieces, told)
    return "".join(pieces)


def probable(predictor: Predictor, prompt: str, most: int = 10) -> list[tuple[str, float]]:
    """The tokens that most probably come after the prompt, as a person reads them, with their
    probabilities.

    Raises UserError where the network does not write texts.
    """
    preparation = _preparation(predictor)
    known = preparation.tokens_of(prompt or BEGINNING).tolist()[-preparation.length :]
    probabilities, numbers = (
        _next(predictor, preparation, known).softmax(0).topk(min(most, preparation.vocabulary - 1))
    )
    table = preparation.tokenizer.bytes_of

    return [
        (table[number].decode("utf-8", "backslashreplace"), probability)
        for number, probability in zip(numbers.tolist(), probabilities.tolist(), strict=True)
    ]


def _preparation(predictor: Predictor) -> TextPreparation:
    preparation = predictor.description.preparation
    if (
        not isinstance(preparation, TextPreparation)
        or predictor.network.problem.answers != "tokens"
    ):
        raise UserError("This network does not write texts.", "Train one for language modelling.")

    return preparation


@torch.no_grad()
def _next(predictor: Predictor, preparation: TextPreparation, known: list[int]) -> torch.Tensor:
    """What the network says of the token after these, at most as many as the context: (V,) float32.

    It is always given a whole context: what stands behind cannot reach a causal network's earlier
    answers.
    """
    window = np.zeros((1, preparation.length), np.int32)
    window[0, : len(known)] = known
    answers = predictor.network(preparation.tensor(torch.from_numpy(window)))
    scores = answers[0, len(known) - 1].float().clone()
    scores[0] = -torch.inf  # padding is nothing that can be written

    return scores


def _chosen(scores: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature == 0:
        return int(scores.argmax())

    probabilities = ((scores - scores.max()) / temperature).softmax(0)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def _tell(piece: str, pieces: list[str], told: Callable[[str], None]) -> None:
    if piece:
        pieces.append(piece)
        told(piece)
