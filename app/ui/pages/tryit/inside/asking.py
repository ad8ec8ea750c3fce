"""What the network of a run makes of an example where parts of it are changed; on the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.pages.tryit.loaded_predictor import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.engine.compute.outputs.values import BlockOutput
    from app.engine.data.dataset import Dataset
    from app.engine.insight.part_change import BlockParts, Effect, PartChange
    from app.engine.insight.what_if import WhatIf
    from app.engine.results.answer import Answer
    from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
    from app.ui.pages.tryit.prediction import TryItResult


@dataclass(frozen=True, eq=False)
class Seen:
    """An example inside the network.

    outputs: by block. parts: what of the opened block can be changed. before, after: the answer
    without and with the changes; None where there is none in words.
    """

    result: TryItResult
    outputs: Mapping[str, BlockOutput]
    opened: str
    parts: BlockParts
    changes: tuple[PartChange, ...]
    before: Answer | None
    after: Answer | None


class InsideNetwork:
    """Keeps what belongs to the network that is loaded. Only called on the background thread."""

    def __init__(self, predictor: LoadedPredictor) -> None:
        self._loaded = predictor
        self._what_if: WhatIf | None = None

    def look(
        self, path: Path, result: TryItResult, opened: str, changes: tuple[PartChange, ...]
    ) -> Seen:
        """Lets an example go through the network of a run. Raises UserError."""
        what_if = self._of(path)
        outputs = what_if.look(result.arrays, opened, changes)
        units = outputs[opened].units if opened in outputs else 0
        return Seen(
            result,
            outputs,
            opened,
            what_if.parts(opened, units),
            changes,
            self._answer(what_if, result, ()),
            self._answer(what_if, result, changes),
        )

    def effect(
        self,
        path: Path,
        dataset: Dataset,
        splits: tuple[str, ...],
        changes: tuple[PartChange, ...],
        check: Callable[[], None],
    ) -> list[Effect]:
        """Returns the figure over each split. Raises UserError, and what `check` raises."""
        what_if = self._of(path)
        return [what_if.effect(dataset, split, changes, check) for split in splits]

    def weights(self, path: Path, result: TryItResult, changes: tuple[PartChange, ...]) -> bytes:
        """Returns the weights with the changes in them, as a file. Raises UserError."""
        from app.engine.insight.changed_weights import (  # noqa: PLC0415 - it loads torch
            changed_weights,
        )

        return changed_weights(self._of(path), changes, result.arrays)

    def _of(self, path: Path) -> WhatIf:
        from app.engine.insight.what_if import WhatIf  # noqa: PLC0415 - it loads torch

        predictor = self._loaded.predictor(path)
        if self._what_if is None or self._what_if.predictor is not predictor:
            self._what_if = WhatIf(predictor)

        return self._what_if

    @staticmethod
    def _answer(
        what_if: WhatIf, result: TryItResult, changes: tuple[PartChange, ...]
    ) -> Answer | None:
        predictor = what_if.predictor
        if predictor.task.answers not in ("values", "pair"):
            return None

        with what_if.changed(changes):
            predictions = predictor.predictions(*(array[None] for array in result.arrays))[0]

        return answer_of(predictor, predictions, result.halves)
