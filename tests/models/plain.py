"""Problems for which some template must draw a network; this module does not import torch."""

from __future__ import annotations

from models.shape import Input, Problem

PICTURE = Input("image", (1, 28, 28))
TEXT = Input("text", (16,), vocabulary=300)
ROW = Input("row", (6,), categories=(3,))
SIGNAL = Input("signal", (2, 64))

PROBLEMS = (
    *(Problem.of((example,), 10, 100) for example in (PICTURE, TEXT, ROW, SIGNAL)),
    *(Problem.of((example,), 10, 100, "copy") for example in (PICTURE, ROW, SIGNAL)),
    Problem.of((TEXT,), 300, 100, "tokens"),
    Problem.of((PICTURE, TEXT), 16, 100, "pair"),
)
