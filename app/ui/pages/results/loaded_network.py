"""The trained network of the run that is shown, loaded once, for views that let it work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.runs.run import Run
from app.engine.runs.weights_in_use import read_weights_in_use

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.results.predictor import Predictor


def _changed(path: Path) -> int:
    """Returns when the run ended last; 0 where it has not."""
    try:
        return (path / "summary.json").stat().st_mtime_ns
    except OSError:
        return 0


class LoadedNetwork:
    """Keeps the network that was loaded last. For one thread, and not the window's."""

    def __init__(self) -> None:
        self._key: object = None
        self._predictor: Predictor | None = None

    def predictor(self, path: Path) -> Predictor:
        """Returns the network of the run in a folder, with the weights in use.

        Raises UserError where it has no weights.
        """
        from app.engine.results.predictor import Predictor  # noqa: PLC0415 - imports torch

        run = Run(path)
        key = (path, read_weights_in_use(run), _changed(path))
        if self._predictor is None or key != self._key:
            self._predictor = Predictor.load(run)
            self._key = key

        return self._predictor
