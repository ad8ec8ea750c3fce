"""Linear layers: every number out is a weighted sum of all numbers in."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import nn

from models.layers.block import BLOCKS, Block, Impossible, tokens
from models.layers.normalisation import ACTIVATIONS, activation
from models.shape import Shape, words
from models.spec import setting


@BLOCKS.register
class Linear(Block):
    """(D,) -> (outputs,), or tokens (N, D) -> (N, outputs)."""

    kind: ClassVar[str] = "linear"
    label: ClassVar[str] = "Linear"
    summary: ClassVar[str] = "Every number out is a weighted sum of all numbers in."

    outputs: int = setting(
        64, label="Outputs", ge=1, le=100_000, step=8, help="How many numbers come out."
    )
    activation: Literal["none", "relu", "gelu"] = setting(
        "none", label="Then", choices=ACTIVATIONS, help="What is done with each number afterwards."
    )

    def title(self) -> str:
        then = "" if self.activation == "none" else f" · {ACTIVATIONS[self.activation]}"
        return f"Linear · {self.outputs}{then}"

    def shape(self, *inputs: Shape) -> Shape:
        _not_a_picture(inputs[0], self.label)
        return *inputs[0][:-1], self.outputs

    def module(self, *inputs: Shape) -> nn.Module:
        layer = nn.Linear(inputs[0][-1], self.outputs)
        return (
            nn.Sequential(layer, activation(self.activation))
            if self.activation != "none"
            else layer
        )


@BLOCKS.register
class Answer(Block):
    """(D,) -> (outputs,): one logit a class or tag, one for yes/no, an amount each, or a point in
    space.
    """

    kind: ClassVar[str] = "answer"
    label: ClassVar[str] = "Answer"
    summary: ClassVar[str] = (
        "Weighs everything that was found into the answer: one number per class, of which the "
        "largest wins, "
        "one for yes or no, or one for each amount."
    )

    outputs: int = setting(
        10, label="Outputs", ge=1, le=100_000, help="How many numbers the network answers with."
    )

    def title(self) -> str:
        return f"Linear · {self.outputs}"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise Impossible(
                f"It needs one list of values; it is given {words(inputs[0])}.",
                "Put a global pooling before it.",
            )
        return (self.outputs,)

    def module(self, *inputs: Shape) -> nn.Module:
        return AnswerModule(inputs[0][0], self.outputs)


@BLOCKS.register
class TokenAnswer(Block):
    """(N, D) -> (N, outputs): an answer at every token; of a language model, one logit for every
    token there is.
    """

    kind: ClassVar[str] = "token-answer"
    label: ClassVar[str] = "Answer per token"
    summary: ClassVar[str] = (
        "Weighs what each token has found into its answer: of a text, what is likely to come next."
    )

    outputs: int = setting(
        256, label="Outputs", ge=1, le=1_000_000, help="How many numbers each token answers with."
    )

    def title(self) -> str:
        return f"Linear per token · {self.outputs}"

    def shape(self, *inputs: Shape) -> Shape:
        return tokens(inputs[0], self.label)[0], self.outputs

    def module(self, *inputs: Shape) -> nn.Module:
        return AnswerModule(inputs[0][1], self.outputs)


class AnswerModule(nn.Linear):
    """(B, ..., D) -> (B, ..., outputs).

    Starts near zero, so that at first every class is about as likely.
    """


def _not_a_picture(shape: Shape, label: str) -> None:
    if len(shape) == 3:
        raise Impossible(
            f"{label} needs values or tokens; it is given {words(shape)}.",
            "Put a global pooling before it.",
        )
