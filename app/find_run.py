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
    from app.engine.text import count_text  # noqa: PLC0415 - not for --help

    path = Path(text).expanduser()
    if (path / "experiment.toml").is_file():
        return find_run(text)
    if is_log(path) and path.exists():
        return read_log(path)

    # What TensorBoard is given is such a folder; it has no curves of its own.
    logs = sorted(each for each in path.iterdir() if is_log(each)) if path.is_dir() else []
    if logs:
        raise UserError(
            f"'{text}' is not a run, but a folder with {count_text(len(logs), 'log')}.",
            f"Name each that is to be in it, as '{logs[0]}'.",
        )

    return find_run(text)


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
