"""Lets a language model go on with a text, on the background thread, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ui.pages.tryit.answer_cards.language import LanguageAnswerCard

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.control import Control
    from app.ui.pages.tryit.answer_cards import AnswerCard
    from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
    from app.ui.state.background import Background, Failure


class TextWriter(QObject):
    """Writes what an answer card asks for, once it is attended. path: the run that writes."""

    _piece = Signal(str)

    def __init__(self, background: Background, predictor: LoadedPredictor) -> None:
        super().__init__()
        self._background = background
        self._predictor = predictor
        self.path: Path | None = None
        self._card: LanguageAnswerCard | None = None
        self._control: Control | None = None
        self._seed = 0

    def attend(self, card: AnswerCard) -> None:
        """Listens to an answer card, where it is one that lets the network write."""
        if not isinstance(card, LanguageAnswerCard):
            return

        self._card = card
        self._piece.connect(card.add)
        card.writing_wanted.connect(self._write)
        card.stop_wanted.connect(self.stop)

    def stop(self) -> None:
        """Ends the writing; what is written stays."""
        if self._control is not None:
            self._control.stop()
        if self._card is not None:
            self._card.end()

    def _write(self, prompt: str, temperature: float, tokens: int) -> None:
        path = self.path
        if path is None:
            self.stop()
            return

        self._seed += 1  # another text every time
        seed = self._seed
        on_piece = self._piece.emit

        def work(control: Control) -> str:
            from app.engine.results.generation import generate  # noqa: PLC0415 - imports torch

            predictor = self._predictor.predictor(path)
            return generate(predictor, prompt, tokens, temperature, control.check, on_piece, seed)

        self._control = self._background.run(work, self._ended, self._failed, key="tryit.write")

    def _ended(self, _: str) -> None:
        if self._card is not None:
            self._card.end()

    def _failed(self, failure: Failure) -> None:
        if self._card is not None:
            self._card.add(f"\n{failure.message}")
            self._card.end()
