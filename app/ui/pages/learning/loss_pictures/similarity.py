"""Similarities of a small batch, in which partners should win, and what temperature does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from app.engine.text import UNKNOWN, number_text, percent_text
from app.ui.pages.learning.loss_pictures.base import LossContext, LossPicture
from app.ui.style.theme import Theme, style
from app.ui.text.short_names import alike
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.learning.loss import Loss

SHOWN = 8
"""Examples of the batch: the words beside them stay readable."""

COLDEST = 1.0
WARMEST = 100.0
"""Ends of the slider: by how much similarities are multiplied before they compete."""

START = 1 / 0.07
"""Where CLIP begins (Radford et al. 2021)."""


class ShareMatrix(QWidget):
    """An (n, n) matrix of how a row shares out its attention.

    The `wanted` cells are framed: there the most should be.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.shares = np.zeros((0, 0))
        self.wanted = np.zeros((0, 0), bool)
        self.labels: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Which example each one takes for its partner")
        theme.changed.connect(self._changed)

    def show_shares(self, shares: np.ndarray, wanted: np.ndarray, labels: tuple[str, ...]) -> None:
        self.shares = shares
        self.wanted = wanted
        self.labels = labels
        self._changed()

    def _changed(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(260), self.theme.px(20) * max(1, len(self.shares)) + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self.theme

        count = len(self.shares)
        if not count:
            return

        side = float(theme.px(20))
        painter.setFont(theme.font(11))
        words = self.width() - side * count - theme.px(10)
        blue = theme.color("training")

        paper = theme.color("field")
        for row in range(count):
            for column in range(count):
                box = QRectF(
                    words + theme.px(8) + column * side, row * side + 1, side - 2, side - 2
                )
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_mixed(paper, blue, float(self.shares[row, column])))
                painter.drawRect(box)

                if self.wanted[row, column]:
                    painter.setPen(QPen(theme.color("best"), 2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRect(box.adjusted(1, 1, -1, -1))

            text = alike(self.labels).short(self.labels[row], painter.fontMetrics(), words)
            painter.setPen(theme.color("secondary"))
            painter.drawText(
                QRectF(0, row * side, words, side), Qt.AlignmentFlag.AlignVCenter, text
            )

        painter.end()


def _mixed(paper: QColor, ink: QColor, share: float) -> QColor:
    share = min(1.0, max(0.0, share))
    return QColor(
        *(
            round(low + (high - low) * share)
            for low, high in (
                (paper.red(), ink.red()),
                (paper.green(), ink.green()),
                (paper.blue(), ink.blue()),
            )
        )
    )


class SimilarityPicture(LossPicture):
    """The similarities of the first pairs of the last run.

    Before there is a run they are of points in random directions: an untrained network finds all
    about equally near.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.matrix = ShareMatrix(theme)
        self.column.addWidget(self.matrix)
        row = QHBoxLayout()
        self.words = Label()
        style(self.words, "secondary")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setValue(round(100 * math.log(START / COLDEST) / math.log(WARMEST / COLDEST)))
        self.slider.setObjectName("learning.temperature")
        self.slider.setAccessibleName("Sharpness, one over the temperature")
        self.slider.setToolTip(
            "How sharply similarities compete. When matching, the network learns it by itself."
        )
        row.addWidget(self.words)
        row.addWidget(self.slider, 1)
        self.column.addLayout(row)
        self.finish()
        self._cosines = np.zeros((0, 0))
        self._wanted = np.zeros((0, 0), bool)
        self._labels: tuple[str, ...] = ()
        self._trained = False
        self.slider.valueChanged.connect(lambda _: self._draw())

    def show_loss(self, _loss: Loss, context: LossContext) -> None:
        points = context.predictions
        targets = context.probe_targets

        self._trained = points is not None and targets is not None and len(points) >= 2
        if points is None or targets is None or not self._trained:
            targets = context.targets if context.targets is not None else np.arange(SHOWN)
            random = np.random.Generator(np.random.PCG64(0))
            points = random.normal(size=(len(targets), 2, 64))

        chosen = np.arange(min(SHOWN, len(points)))
        pairs = points.ndim == 3
        if not pairs:  # one space: neighbours of a class side by side
            order = np.argsort(targets, kind="stable")
            chosen = order[np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(int)]

        left, right = (
            (points[chosen, 0], points[chosen, 1]) if pairs else (points[chosen], points[chosen])
        )
        self._cosines = _unit(left) @ _unit(right).T
        same = np.asarray(targets)[chosen]

        self._wanted = same[:, None] == same[None, :]
        if not pairs:
            np.fill_diagonal(self._cosines, -1.0)  # nobody is compared with itself
            np.fill_diagonal(self._wanted, False)

        names = context.labels or tuple(f"example {number + 1}" for number in range(len(points)))
        classes = context.description.classes if context.description is not None else ()
        self._labels = tuple(
            classes[int(targets[place])] if classes else names[place] if place < len(names) else ""
            for place in chosen
        )

        self._draw()

    def _draw(self) -> None:
        if not len(self._cosines):
            return

        sharpness = COLDEST * (WARMEST / COLDEST) ** (self.slider.value() / 100)
        logits = sharpness * self._cosines
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        right = (shares * self._wanted).sum(axis=1)
        wanted_shares = right[self._wanted.any(axis=1)]
        price = (
            float(-np.log(np.maximum(wanted_shares, 1e-9)).mean())
            if len(wanted_shares)
            else float("nan")
        )
        self.matrix.show_shares(shares, self._wanted, self._labels)
        self.words.setText(
            f"Sharpness {number_text(sharpness, 2)} (temperature {number_text(1 / sharpness, 2)})"
        )
        share = percent_text(float(wanted_shares.mean())) if len(wanted_shares) else UNKNOWN
        origin = (
            "as the last run sees them"
            if self._trained
            else "as an untrained network would see them"
        )

        self.below.setText(
            f"{len(shares)} of your own examples, {origin}. Every row shares out 100 % among the "
            f"others by similarity; the framed cells are what belongs together and get {share} "
            f"here: a loss of {number_text(price, 2)}."
        )


def _unit(points: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(length, 1e-12))


PICTURE = SimilarityPicture
