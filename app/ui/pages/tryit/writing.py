"""A text that is written piece by piece: by the background thread, shown here as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ui.pages.tryit.answer_cards.language import LanguageReply

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.control import Control
    from app.ui.pages.tryit.answer_cards import ReplyView
    from app.ui.pages.tryit.asking import Asker
    from app.ui.state.background import Background, Failure


class Writing(QObject):
    """attend(view): from then on the view's wishes are fulfilled. path: the run that writes."""

    _piece = Signal(str)

    def __init__(self, background: Background, asker: Asker) -> None:
        super().__init__()
        self._background = background
        self._asker = asker
        self.path: Path | None = None
        self._view: LanguageReply | None = None
        self._control: Control | None = None
        self._seed = 0

    def attend(self, view: ReplyView) -> None:
        if not isinstance(view, LanguageReply):
            return

        self._view = view
        self._piece.connect(view.add)
        view.wants_writing.connect(self._write)
        view.stop_writing.connect(self.stop)

    def stop(self) -> None:
        if self._control is not None:
            self._control.stop()
        if self._view is not None:
            self._view.end()

    def _write(self, prompt: str, temperature: float, tokens: int) -> None:
        path = self.path
        if path is None:
            self.stop()
            return

        self._seed += 1  # another text every time
        seed = self._seed

        told = self._piece.emit

        def work(control: Control) -> str:
            from app.engine.results.generation import generate

            return generate(
                self._asker.predictor(path), prompt, tokens, temperature, control.check, told, seed
            )

        self._control = self._background.run(work, self._ended, self._failed, key="tryit.write")

    def _ended(self, text: str) -> None:
        if self._view is not None:
            self._view.end()

    def _failed(self, failure: Failure) -> None:
        if self._view is not None:
            self._view.add(f"\n{failure.message}")
            self._view.end()
