"""The choice of an example and of the weights that it goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QSizePolicy

from app.ui.state.insight.block_outputs import FIRST, LIVE
from app.ui.text.run_names import labels_of
from app.ui.widgets.outputs.example_bar import ExampleBar
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.state.insight.block_outputs import BlockOutputs
    from app.ui.style.theme import Theme


class ChoiceBar(ExampleBar):
    """Chooses for `BlockOutputs`: the example, and below it whose weights."""

    def __init__(self, outputs: BlockOutputs, theme: Theme) -> None:
        super().__init__(outputs, theme, "outputs")
        self._block_outputs = outputs
        self._keys: list[str | Path] = []
        self.weights = DropDown()
        self.weights.setObjectName("outputs.weights")
        self.weights.setAccessibleName("Weights that the example goes through")
        self.weights.setToolTip("The weights that the example goes through.")
        self.weights.setMinimumContentsLength(10)
        self.weights.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.weights.activated.connect(lambda row: outputs.choose_weights(self._keys[row]))
        self.grid.addWidget(self.weights, 2, 0, 1, 2)
        outputs.runs_changed.connect(self._list_weights)
        self._list_weights()

    def _list_weights(self) -> None:
        outputs = self._block_outputs
        watched = outputs.can_watch or outputs.weights == LIVE
        live = ["The training, as it is now"] if watched else []
        self._keys = [FIRST, *([LIVE] if live else []), *outputs.runs]
        self.weights.clear()
        self.weights.addItems(
            ["First weights", *live, *(f"Run {label}" for label in labels_of(outputs.runs))]
        )
        if outputs.weights in self._keys:
            self.weights.setCurrentIndex(self._keys.index(outputs.weights))
