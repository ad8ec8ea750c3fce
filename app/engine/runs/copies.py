"""New runs out of old ones: the same training again, and a copy that can go on by itself."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.runs import history
from app.engine.runs.run import TRASH, Run, free_name
from app.engine.runs.storage import manifest, own_names
from app.engine.runs.storage.run_lock import LOCK, OWNER

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = ("threads", "precision")
"""What a run takes over of the environment of an earlier one: the bits depend on both."""

CHANGES = ("changed", "memory")
"""Marks of what was changed while a run trained."""

NOT_COPIED = (LOCK, OWNER, own_names.CONTROL, own_names.EVENTS)
"""Files of the process that trains a run."""


def same_again(run: Run, parent: Path) -> Run:
    """Makes a run below `parent` that comes to the same bits as this one when it is trained.

    It has the same experiment, threads and precision, and its history says at which steps settings
    are to be changed. Epochs that were added later are left out. Raises UserError.
    """
    again = Run.create(parent, run.experiment())
    environment = run.environment()
    again.write_json(
        "environment.json", {name: environment[name] for name in MACHINE if name in environment}
    )

    marks = [mark for mark in history.read_history(run.path).marks if mark["mark"] in CHANGES]
    if marks:
        writer = history.Writer(again.path / history.METRICS)
        for mark in marks:
            writer.line(mark)

        writer.close()
        manifest.note_grown(again.path)

    return again


def branched(run: Run, name: str) -> Run:
    """Copies a run that is at rest, to go on with the copy: it begins now, and its note says whose.

    Raises UserError as `copied` does.
    """
    branch = copied(run, name)
    begun = {"started": datetime.now().isoformat(timespec="seconds")}
    branch.write_json("environment.json", branch.environment() | begun)
    branch.note = ". ".join(text for text in (f"Branch of '{run.name}'", run.note) if text)
    return branch


def copied(run: Run, name: str) -> Run:
    """Copies a run that is at rest to a folder of this name beside it, with a number if taken.

    Raises UserError while it is running, where its folder holds a link, or where the disk refuses.
    """
    run.must_rest("copied")
    own_names.refuse_others(run.path)
    # It is made where no list of runs looks, so that half a copy is never taken for a run.
    shelf = run.path.parent / TRASH
    try:
        shelf.mkdir(exist_ok=True)
        half = free_name(shelf, name)
        try:
            _copy(run.path, half)
            target = free_name(run.path.parent, name)
            half.rename(target)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    except OSError as error:
        raise files.disk_error(error, run.path) from error

    return Run(target)


def _copy(source: Path, target: Path) -> None:
    """Copies files and folders, but neither who runs it nor what a kill left half written.

    In a person's own folders there may be links: they are left out.
    """
    target.mkdir()
    for path in source.iterdir():
        left_out = path.name in NOT_COPIED or own_names.HALF_WRITTEN.fullmatch(path.name)
        if left_out or path.is_symlink():
            continue
        if path.is_dir():
            _copy(path, target / path.name)
            continue

        with files.open_regular(path) as file, (target / path.name).open("xb") as copy:
            shutil.copyfileobj(file, copy)
        shutil.copystat(path, target / path.name)
