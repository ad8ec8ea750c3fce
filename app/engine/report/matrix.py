"""A confusion matrix as a picture: cells of SVG with their counts, of many classes pixels."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.report.markup import Html, empty_tag, joined, tag
from app.engine.text import percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CELLS = 24
"""Classes up to which each cell is drawn with its count."""

SIDE = 30
MOST_LABEL = 150
"""Pixels that the name of a class takes, at most."""

LETTER = 6.9
"""Pixels of a letter of 13 pixels, on average: no font can be measured here."""

GAP = 8
"""Pixels between a name and the cells."""

COLOR = (0, 114, 178)
"""The blue of the style sheet's training, which lies on light and on dark with its opacity."""

FAINTEST = 40
"""The opacity, of 255, of the smallest count that is not zero: a lone mistake is seen too."""


def confusion_image(matrix: np.ndarray, names: Sequence[str], caption: str) -> Html:
    """Returns the picture of (K, K) counts, true class by row. caption: what it shows."""
    if len(names) > MOST_CELLS:
        return _pixels(matrix, caption)

    return _cells(matrix, names, caption)


def _shares(matrix: np.ndarray) -> np.ndarray:
    """Returns the share of its row of each cell; 0 in rows without examples."""
    rows = matrix.sum(axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(1, rows))


def _cells(matrix: np.ndarray, names: Sequence[str], caption: str) -> Html:
    shares = _shares(matrix)
    labels = min(MOST_LABEL, LETTER * max(map(len, names)) + 2 * GAP)
    # The names above are written at an angle of 45 degrees.
    top = 0.75 * labels
    parts = [tag("title", caption)]
    for row, name in enumerate(names):
        y = top + SIDE * row
        parts.append(
            tag("text", _short(name), x=labels - GAP, y=y + SIDE / 2 + 4, text_anchor="end")
        )
        place = f"translate({labels + SIDE * row + SIDE / 2 + 4} {top - 6}) rotate(-45)"
        parts.append(tag("text", _short(name), transform=place))
        for column, share in enumerate(shares[row].tolist()):
            count = int(matrix[row, column])
            if count:
                parts += _cell(labels + SIDE * column, y, share, count, names[row], names[column])

    side = SIDE * len(names)
    parts.append(empty_tag("rect", class_="frame", x=labels, y=top, width=side, height=side))
    width = labels + side + 0.7 * labels
    height = top + side + 4
    return tag(
        "svg",
        joined(parts),
        viewBox=f"0 0 {width} {height}",
        width=width,
        role="img",
        aria_label=caption,
        class_="matrix",
    )


def _cell(x: float, y: float, share: float, count: int, true: str, predicted: str) -> list[Html]:
    text = f"{true} taken for {predicted}: {count:,} ({percent_text(share)})"
    if true == predicted:
        text = f"{true}: {count:,} right ({percent_text(share)})"

    opacity = max(FAINTEST / 255, share)
    cell = empty_tag(
        "rect", class_="cell", x=x, y=y, width=SIDE, height=SIDE, fill_opacity=f"{opacity:.2f}"
    )
    role = "count on" if share > 0.5 else "count"
    number = tag("text", f"{count}", class_=role, x=x + SIDE / 2, y=y + SIDE / 2 + 4)
    return [tag("g", joined((tag("title", text), cell, number)))]


def _pixels(matrix: np.ndarray, caption: str) -> Html:
    """Returns a picture with a pixel for each cell, which lies on any background."""
    shares = _shares(matrix)
    picture = np.empty((*matrix.shape, 4), np.uint8)
    picture[..., :3] = COLOR
    picture[..., 3] = np.where(
        matrix > 0, np.round(FAINTEST + (255 - FAINTEST) * shares), 0
    ).astype(np.uint8)

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    content = base64.b64encode(file.getvalue()).decode()
    return empty_tag(
        "img", class_="matrix", src=f"data:image/png;base64,{content}", alt=caption, width=600
    )


def _short(text: str, most: int = int((MOST_LABEL - 2 * GAP) / LETTER)) -> str:
    """Returns a name that has room; the whole of it is in the title of each cell."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
