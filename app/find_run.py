"""Finds the run that a person names on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import UserError

if TYPE_CHECKING:
    from app.engine.runs.run import Run


def find_run(text: str) -> Run:
    """Returns a run by its folder, or by its name among those in the usual place.

    Raises UserError.
    """
    from app.engine.runs.run import Run, default_folder  # noqa: PLC0415 - not for --help

    for folder in (Path(text).expanduser(), default_folder() / text):
        if (folder / "experiment.toml").is_file():
            return Run(folder.absolute())

    from app.engine.export.bundle.opening import is_bundle  # noqa: PLC0415 - not for --help

    if is_bundle(Path(text).expanduser()):
        raise UserError(
            f"'{text}' is a bundle.", f"Make a run of it first: netwright open '{text}'"
        )

    raise UserError(
        f"'{text}' is not a run.", f"Name a run's folder, or one of those in '{default_folder()}'."
    )
