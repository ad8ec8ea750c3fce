"""The base class of export formats. A format is a file in `formats`.

Window, command line, reference and tests ask the format and know none by name.
"""

# ruff: noqa: ARG002 - a default may ignore an argument that overrides need
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.extras import missing, not_installed
from app.engine.text import list_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress


class ExportFormat(ABC):
    """One way in which a trained network leaves the program: an object without state.

    It writes files, and names the script of `loaders` with which a process that knows nothing of
    this program answers examples from them. All of it runs in the process of one export.
    """

    kind: ClassVar[str]
    """Its name on the command line and in the record of a run."""

    label: ClassVar[str]
    summary: ClassVar[str]
    """What it is and who reads it, in a sentence."""

    suffix: ClassVar[str]
    """The ending of its file, with the dot."""

    order: ClassVar[int] = 100
    packages: ClassVar[tuple[str, ...]] = ()
    """The packages that it needs beyond those that are always there, as they are imported."""

    loader: ClassVar[str]
    """The script in `loaders` that reads it, without its ending."""

    companions: ClassVar[tuple[str, ...]] = ()
    """The endings of other files that are written beside it, under the same name."""

    trains: ClassVar[bool] = False
    """Whether it can train again, so that the whole training can be compared."""

    most_changed: ClassVar[float] = 0.0
    """The share of answers that may change before the export is marked."""

    most_lost: ClassVar[float | None] = None
    """How much worse the figure may be before it is marked, see Proof.lost; None for any."""

    def missing_packages(self) -> tuple[str, ...]:
        """Returns those of its packages that are not installed."""
        return missing(*self.packages)

    def require_packages(self) -> None:
        """Raises UserError, with the command to copy, where a package is missing."""
        if absent := self.missing_packages():
            verb = "is" if len(absent) == 1 else "are"
            raise not_installed(
                f"{self.label} needs {list_text(absent)}, which {verb} not installed.", "export"
            )

    def left_out(self, trained: TrainedNetwork) -> tuple[str, ...]:
        """Returns a sentence on each thing that the format cannot hold of this network."""
        return ()

    @abstractmethod
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        """Writes the file, and in its folder any others that belong to it.

        path: in a folder of its own that is moved into place after the proof, under the name that
        the person chose. Raises UserError where the network cannot be written, with its block;
        OSError.
        """

    def inputs(self, trained: TrainedNetwork, raw: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns raw inputs (B, ...) as the loader takes them. raw: see Preparation.to_raw."""
        return tuple(raw)

    def answering_path(self, trained: TrainedNetwork, path: Path, scratch: Path) -> Path:
        """Returns the file that the loader is given: the exported one.

        A format that holds weights alone writes what answers with them into `scratch`, a folder
        that is removed after the proof, and returns that.
        """
        return path

    def prove_more(
        self, trained: TrainedNetwork, path: Path, whole: bool, progress: Progress
    ) -> dict[str, Any]:
        """Returns further fields of the proof, of a format that does more than answer.

        whole: whatever takes as long as the training is proved too. Raises UserError.
        """
        return {}
