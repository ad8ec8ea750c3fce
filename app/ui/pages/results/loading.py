"""The trained network of the run shown, for views that let it work: loaded once, on the worker's
thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.runs.run import Run
from app.engine.runs.weights_in_use import read_weights_in_use

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.results.predictor import Predictor


class Loaded:
    """predictor(path): of the run in this folder, with the weights in use.

    For one thread, the worker's.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._predictor: Predictor | None = None

    def predictor(self, path: Path) -> Predictor:
        """Raises UserError where nothing was kept."""
        from app.engine.results.predictor import Predictor

        run = Run(path)
        key = (path, read_weights_in_use(run), (path / "summary.json").stat().st_mtime_ns)
        if self._predictor is None or key != self._key:
            self._predictor = Predictor.load(run)
            self._key = key

        return self._predictor
