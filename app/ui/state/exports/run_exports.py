"""What is known of a run for exporting it: its weights, and the proofs of earlier exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.export.proof import Proof, read_proofs
from app.engine.export.words import unit_of
from app.engine.runs.run import Run
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.weights_in_use import (
    WeightsInUse,
    best_weights,
    last_step_of,
    read_weights_in_use,
)
from app.ui.state.run_identity import RunIdentity

if TYPE_CHECKING:
    from pathlib import Path

NO_WEIGHTS = "This run has no weights yet: the first come with its first epoch."


@dataclass(frozen=True)
class RunExports:
    """A run that can be exported.

    title: the run in a line. best, last: its weights; last is None where they cannot be chosen.
    in_use: those that are used. training: it is being trained now. proofs: by the kind of the
    format. trouble: why they cannot be read. unit: of the amounts that it answers with.
    """

    path: Path
    title: str
    best: WeightsInUse
    last: WeightsInUse | None
    in_use: WeightsInUse
    training: bool
    proofs: dict[str, Proof] = field(default_factory=dict)
    trouble: str = ""
    unit: str = ""


def read_run_exports(path: Path) -> RunExports:
    """Reads the folder of a run. Raises UserError where it has no weights or cannot be read."""
    run = Run(path)
    best = best_weights(run)
    if best is None:
        raise UserError(NO_WEIGHTS)

    chosen = read_weights_in_use(run)
    proofs: dict[str, Proof] = {}
    trouble = ""
    try:
        proofs = read_proofs(run)
    except RunFileError as error:
        trouble = f"{error.what} The next export writes it anew."

    return RunExports(
        path,
        RunIdentity.of_run(run).title,
        best,
        last_step_of(run),
        chosen if chosen.use == "last" else best,
        run.status == "running",
        proofs,
        trouble,
        unit_of(run),
    )
