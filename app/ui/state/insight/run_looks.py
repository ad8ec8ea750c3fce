"""What the run that is shown kept of its network after its epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.engine.insight.aligned_points import aligned
from app.engine.runs.looks.epoch_looks import bytes_of, kept_states, looked_at, read_looks

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from app.engine.runs.looks.epoch_looks import EpochLook
    from app.ui.state.background import Background

    Read = tuple[dict[int, EpochLook], dict[int, np.ndarray], int, list[int]]

NONE_KEPT = (
    "This run kept nothing to look back at: it is of an older version, or its files were deleted. "
    "What else is known of its epochs is shown."
)

READING = "Reading what was kept of the epochs."

NOT_YET = "The first picture comes when the first epoch is judged."


class RunLooks(QObject):
    """Reads looks in the background and keeps those of one run. changed(): others are there.

    looks: by epoch. flat: (n, 2) the points of each, see `aligned`. size: bytes on the disk.
    kept: epochs of which the whole state is there, to train on from. is_read: whether all that is
    known now.
    """

    changed = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self.path: Path | None = None
        self.looks: dict[int, EpochLook] = {}
        self.flat: dict[int, np.ndarray] = {}
        self.size = 0
        self.kept: list[int] = []
        self.is_read = False

    def show_run(self, path: Path | None) -> None:
        """Reads the looks of a run; of the same run only those that came since."""
        if path != self.path:
            self.path = path
            self.looks = {}
            self.flat = {}
            self.kept = []
            self.is_read = False
            self.changed.emit()

        if path is None:
            return

        known = self.looks

        def read(_control: object) -> Read | None:
            kept = kept_states(path)
            if known and looked_at(path) == list(known) and kept == self.kept:
                return None

            looks = read_looks(path, known)
            flat = aligned(look.points for look in looks.values())
            return looks, dict(zip(looks, flat, strict=True)), bytes_of(path), kept

        self._background.run(read, lambda found: self._take(path, found), key="looks")

    def _take(self, path: Path, found: Read | None) -> None:
        if path == self.path and found is not None:
            self.looks, self.flat, self.size, self.kept = found
            self.is_read = True
            self.changed.emit()

    def at(self, epoch: int) -> EpochLook | None:
        """Returns the last look up to an epoch; None where there is none."""
        there = [known for known in self.looks if known <= epoch]
        return self.looks[max(there)] if there else None
