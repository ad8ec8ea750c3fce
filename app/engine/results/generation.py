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
"""What an empty prompt stands for: a text begins after a line break.

It is not part of what is returned.
"""


def generate(
    predictor: Predictor,
    prompt: str,
    tokens: int,
    temperature: float = 0.8,
    check: Check = no_check,
    on_piece: Callable[[str], None] = lambda _: None,
    seed: int = 0,
) -> str:
    """Goes on with the prompt by so many tokens; returns what was added.

    temperature: 0 always takes the most probable token; 1 follows the network's own probabilities;
    above, it becomes bolder. on_piece: gets the text in pieces as they come, each of whole
    characters; together they are what is returned. check: called before every token; may raise to
    stop. The same seed gives the same text. Beyond the context the oldest tokens are forgotten.
    Raises UserError where the network does not write texts.
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
        number = _sample(_next_logits(predictor, preparation, known), temperature, generator)
        known.append(number)
        _add(decoder.decode(table[number]), pieces, on_piece)

    _add(decoder.decode(b"", final=True), pieces, on_piece)
    return "".join(pieces)


def probable(predictor: Predictor, prompt: str, most: int = 10) -> list[tuple[str, float]]:
    """Returns the tokens that most probably come after the prompt, with their probabilities.

    The tokens are texts as a person reads them. Raises UserError where the network does not write
    texts.
    """
    preparation = _preparation(predictor)
    known = preparation.tokens_of(prompt or BEGINNING).tolist()[-preparation.length :]
    probabilities, numbers = (
        _next_logits(predictor, preparation, known)
        .softmax(0)
        .topk(min(most, preparation.vocabulary - 1))
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
def _next_logits(
    predictor: Predictor, preparation: TextPreparation, known: list[int]
) -> torch.Tensor:
    """Returns (V,) float32, the logits of the token after the known ones.

    known: at most as many as the context. The network is always given a whole context: what stands
    behind the known tokens cannot reach a causal network's earlier answers.
    """
    window = np.zeros((1, preparation.length), np.int32)
    window[0, : len(known)] = known
    outputs: torch.Tensor = predictor.network(preparation.tensor(torch.from_numpy(window)))
    logits = outputs[0, len(known) - 1].float().clone()
    logits[0] = -torch.inf  # padding is nothing that can be written

    return logits


def _sample(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    """Returns the number of a token, drawn by its probability. logits: (V,)."""
    if temperature == 0:
        return int(logits.argmax())

    probabilities = ((logits - logits.max()) / temperature).softmax(0)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def _add(piece: str, pieces: list[str], on_piece: Callable[[str], None]) -> None:
    if piece:
        pieces.append(piece)
        on_piece(piece)
