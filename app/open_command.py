"""What `netwright open` opens: as it is, or as the run that a bundle becomes."""

from __future__ import annotations

from pathlib import Path

from app import system_libraries
from app.engine.errors import UserError
from app.output import say


def to_open(path: str) -> str:
    """Returns what the window is to open; "" where a bundle was unpacked and there is no window.

    Raises UserError where there is nothing, or where it can only be opened in a window.
    """
    if not path.startswith("sample:") and not Path(path).expanduser().exists():
        raise UserError(f"There is no '{path}'.", "Check the name.")

    run = _unpacked(Path(path).expanduser())
    if system_libraries.has_display():
        return run or path
    if run:
        return ""

    raise UserError(
        "There is no display, so no window can be opened.",
        "Use 'netwright train', 'describe' or 'evaluate' here, or open it on a computer with a "
        "screen.",
    )


def _unpacked(file: Path) -> str:
    """Returns the folder of the run that a bundle has become; "" where the file is none.

    Raises UserError where the bundle cannot be opened.
    """
    from app.engine.export.bundle import opening  # noqa: PLC0415 - not for --help
    from app.engine.runs.run import default_folder  # noqa: PLC0415 - not for --help
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    if not opening.is_bundle(file):
        return ""

    with display_for(False) as display:
        run = opening.open_bundle(file, default_folder(), display.stage)

    say(f"'{run.name}' is now among your runs: {run.path}")
    return str(run.path)
