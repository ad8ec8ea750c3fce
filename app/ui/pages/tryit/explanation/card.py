"""The card that explains an answer, on request: the map, its verdict, and what not to conclude."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QPushButton

from app.ui.pages.tryit.explanation.view import RelevanceView
from app.ui.style.theme import Theme, style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.explain.explaining import Explanation
    from app.engine.explain.method import Method
    from app.engine.runs.control import Control
    from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
    from app.ui.pages.tryit.prediction import TryItResult
    from app.ui.pages.tryit.usable_runs import LoadedRun
    from app.ui.state.background import Background, Failure

KEY = "tryit.explain"
USUAL = ""


class ExplanationCard(Card):
    """Says what the answer that is shown rests on, while its button is down."""

    def __init__(self, theme: Theme, background: Background, predictor: LoadedPredictor) -> None:
        super().__init__("Why this answer?", "which parts of the example it rests on")
        self._background = background
        self._predictor = predictor
        self._path: Path | None = None
        self._result: TryItResult | None = None
        self.setObjectName("tryit.explanation")

        self.methods = QComboBox()
        self.methods.setObjectName("tryit.explanation.method")
        self.methods.setAccessibleName("How it is found out")
        self.methods.activated.connect(self._explain)
        self.button = QPushButton("Explain")
        self.button.setObjectName("tryit.explain")
        self.button.setCheckable(True)
        self.button.setEnabled(False)
        self.button.setToolTip(
            "Marks what the answer rests on, and tests whether that is so. It stays on for the "
            "next examples."
        )
        self.button.toggled.connect(self._toggled)
        self.tools.addWidget(self.methods)
        self.tools.addWidget(self.button)

        self.views = (RelevanceView(theme), RelevanceView(theme))
        for view in self.views:
            self.body.addWidget(view)

        self.verdict = Label()
        self.verdict.setObjectName("tryit.explanation.verdict")
        self.meaning = Label()
        for label in (self.verdict, self.meaning):
            label.setWordWrap(True)
            self.body.addWidget(label)

        style(self.meaning, "secondary")
        self._clear()

    def show_run(self, run: LoadedRun) -> None:
        """Explains answers of this run from now on."""
        self._path = run.run.path

    def show_result(self, result: TryItResult | None) -> None:
        """Explains an answer, if that is wanted; None where there is none any more."""
        if result is self._result:
            return

        self._result = result
        self._background.forget(KEY)
        self._clear()
        self.button.setEnabled(result is not None and all(result.halves))
        if self.button.isChecked():
            self._explain()

    def _toggled(self, on: bool) -> None:
        if on:
            self._explain()
        else:
            self._background.forget(KEY)
            self._clear()

    def _explain(self) -> None:
        path, result = self._path, self._result
        if path is None or result is None or not self.button.isChecked():
            return

        kind = self.methods.currentData() or None
        self._say("Looking …")

        def work(_: Control) -> tuple[list[Method], Explanation]:
            from app.engine.explain.explaining import (  # noqa: PLC0415 - imports torch
                explain,
                fitting_methods,
            )

            predictor = self._predictor.predictor(path)
            fitting = fitting_methods(predictor, result.arrays)
            fits = any(method.kind == kind for method in fitting)
            return fitting, explain(predictor, result.arrays, kind if fits else None)

        self._background.run(work, self._take, self._fail, key=KEY)

    def _take(self, found: tuple[list[Method], Explanation]) -> None:
        fitting, explanation = found
        chosen = explanation.halves[0].method
        self.methods.clear()
        for method in fitting:
            self.methods.addItem(method.label, method.kind)

        self.methods.setCurrentIndex(self.methods.findData(chosen.kind))
        self.methods.setVisible(len(fitting) > 1)
        for view, half in zip(self.views, [*explanation.halves, None], strict=False):
            view.show_half(half)

        holds = all(half.truth.holds for half in explanation.halves)
        verdicts = dict.fromkeys(half.truth.verdict for half in explanation.halves)
        self._say(" ".join(verdicts), "secondary" if holds else "problem")
        self.meaning.setText(f"{chosen.summary} {chosen.caution}")
        self.meaning.show()

    def _fail(self, failure: Failure) -> None:
        self._clear()
        self._say(failure.message, "problem")

    def _say(self, text: str, role: str = "secondary") -> None:
        self.verdict.setText(text)
        style(self.verdict, role)
        self.verdict.show()

    def _clear(self) -> None:
        for view in self.views:
            view.show_half(None)

        self.verdict.hide()
        self.meaning.hide()
        self.methods.setVisible(self.methods.count() > 1 and self.button.isChecked())
