"""Problems that the templates together must be able to draw, without torch."""

from __future__ import annotations

from models.shape import Input, Problem

PICTURE = Input("image", (1, 28, 28))
TEXT = Input("text", (16,), vocabulary=300)
ROW = Input("row", (6,), categories=(3,))
SIGNAL = Input("signal", (2, 64))

PROBLEMS = (
    *(Problem.of((one,), 10, 100) for one in (PICTURE, TEXT, ROW, SIGNAL)),
    *(Problem.of((one,), 10, 100, "copy") for one in (PICTURE, ROW, SIGNAL)),
    Problem.of((TEXT,), 300, 100, "tokens"),
    Problem.of((PICTURE, TEXT), 16, 100, "pair"),
)
