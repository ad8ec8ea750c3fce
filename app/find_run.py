"""Finds the run that a person names on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import UserError

if TYPE_CHECKING:
    from app.engine.runs.logs.foreign_run import ForeignRun
    from app.engine.runs.run import Run


def find_run_or_log(text: str) -> Run | ForeignRun:
    """Returns a run, or the log of another tool by its path. Raises UserError."""
    from app.engine.runs.logs.foreign_run import is_log, read_log  # noqa: PLC0415 - not for --help

    path = Path(text).expanduser()
    is_run = (path / "experiment.toml").is_file()
    return read_log(path) if not is_run and is_log(path) and path.exists() else find_run(text)


def find_run(text: str) -> Run:
    """Returns a run by its folder, or by its name among those that are known.

    Raises UserError.
    """
    from app.engine.detached import register  # noqa: PLC0415 - not for --help
    from app.engine.runs.run import Run, default_folder  # noqa: PLC0415 - not for --help

    for folder in (Path(text).expanduser(), default_folder() / text):
        if (folder / "experiment.toml").is_file():
            return Run(folder.absolute())

    for run in register.elsewhere():
        if run.name == text:
            return run

    from app.engine.export.bundle.opening import is_bundle  # noqa: PLC0415 - not for --help

    if is_bundle(Path(text).expanduser()):
        raise UserError(
            f"'{text}' is a bundle.", f"Make a run of it first: netwright open '{text}'"
        )

    raise UserError(
        f"'{text}' is not a run.", f"Name a run's folder, or one of those in '{default_folder()}'."
    )
