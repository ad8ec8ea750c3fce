"""Examples of a kind that reads its own files: arrays, prepared as the kind says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.errors import UserError
from app.engine.sources.loaded import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.kinds import Kind
    from app.engine.data.preparation import Preparation


class PreparedPart(Part):
    """The examples of one kind, read and not prepared yet.

    Args:
        kind: a kind with `files`.
        raws: an array an example, as `kind.files.read` returns it.
    """

    def __init__(self, kind: Kind, raws: Sequence[Any]) -> None:
        self.kind = kind
        self.raws = list(raws)

    def __len__(self) -> int:
        return len(self.raws)

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        assert self.kind.files is not None
        preparation = self.kind.files.fit([self.raws[row] for row in training.tolist()])
        return self.coded(preparation), preparation

    def coded(self, preparation: Preparation) -> np.ndarray:
        if preparation.kind != self.kind.name:
            raise UserError(
                f"The network was not trained on {self.kind.plural}, but these data are.",
                "Choose other data.",
                "data.source",
            )

        return np.stack([np.asarray(preparation.array(raw)) for raw in self.raws])

    def digests(self) -> np.ndarray:
        """(N, 16) uint8, of the form and the bytes of every example."""
        digests = []
        for raw in self.raws:
            values = np.ascontiguousarray(raw)
            digest = hashlib.blake2b(f"{values.dtype} {values.shape}".encode(), digest_size=16)
            digest.update(values.tobytes())
            digests.append(np.frombuffer(digest.digest(), np.uint8))

        return np.stack(digests)
