"""Examples of a kind that reads its own files, as inputs: arrays, prepared as the kind says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.fingerprints import fingerprints_of
from app.engine.errors import UserError
from app.engine.sources.loaded import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.kinds import Kind
    from app.engine.data.preparation import Preparation


class PreparedPart(Part):
    """The examples of one kind, read and not fitted yet.

    Args:
        kind: a kind with `files`.
        raws: an array an example, as `kind.files.read` returns it.
    """

    def __init__(self, kind: Kind, raws: Sequence[Any]) -> None:
        self.kind = kind
        self.raws = list(raws)

    def __len__(self) -> int:
        return len(self.raws)

    def fit(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        assert self.kind.files is not None
        preparation = self.kind.files.fit([self.raws[row] for row in training.tolist()])
        return self.encode(preparation), preparation

    def encode(self, preparation: Preparation) -> np.ndarray:
        if preparation.kind != self.kind.name:
            raise UserError(
                f"The network was not trained on {self.kind.plural}, but these data are.",
                "Choose other data.",
                "data.source",
            )

        return np.stack([np.asarray(preparation.array(raw)) for raw in self.raws])

    def fingerprints(self) -> np.ndarray:
        """Returns fingerprints of the shape, type and bytes of every example: (N, 16) uint8."""
        arrays = [np.ascontiguousarray(raw) for raw in self.raws]
        return fingerprints_of(
            f"{array.dtype} {array.shape}".encode() + array.tobytes() for array in arrays
        )
