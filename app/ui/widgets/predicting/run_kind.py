"""What must be known of a run before it predicts files: its name and what its network reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.kinds import kind_of
from app.engine.data.nouns import noun
from app.engine.errors import UserError
from app.engine.results.inputs import ARRAYS, TABLES
from app.engine.results.named_files import FILES
from app.engine.runs.run import Run
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.state.run_identity import RunIdentity

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class RunKind:
    """A run whose network can predict.

    title: the run in a line. kind: of its examples. filters: the files that it reads, as a file
    dialog wants them.
    """

    title: str
    kind: str
    filters: str


def read_run_kind(path: Path) -> RunKind:
    """Reads the folder of a run. Raises UserError where it has no weights or cannot be read."""
    from app.engine.runs.checkpoint import read_best  # noqa: PLC0415 - imports torch

    run = Run(path)
    if run.best_folder is None:
        raise UserError(NO_WEIGHTS)

    kind = read_best(run).description.kind
    return RunKind(RunIdentity.of_run(run).title, kind, filters_of(kind))


def filters_of(kind: str) -> str:
    """Returns the files with examples of a kind, as a file dialog wants them."""
    kind_files = kind_of(kind).files
    own = FILES.get(kind, kind_files.suffixes if kind_files is not None else ())
    many = TABLES if kind in ("row", "text", "pair") else (*TABLES, *ARRAYS)
    packed = (".csv.gz", ".tsv.gz")
    every = " ".join(f"*{suffix}" for suffix in (*own, *many, *packed))
    singles = " ".join(f"*{suffix}" for suffix in own)
    parts = [f"All that can be read ({every})"]
    if own:
        name = noun(kind)
        parts.append(f"{name[:1].upper()}{name[1:]} ({singles})")

    return ";;".join([*parts, "All files (*)"])
