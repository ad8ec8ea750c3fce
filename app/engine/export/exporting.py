"""Exports a trained network: another process writes and proves it, then it moves into place."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil

from app.engine import files, own_process
from app.engine.errors import UserError
from app.engine.export import proof as proofs
from app.engine.export.formats import format_called
from app.engine.export.proof import Proof
from app.engine.sources.format import Check, Progress, no_check, no_progress

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from app.engine.runs.run import Run
    from app.engine.runs.weights_in_use import Which

MODULE = "app.engine.export.worker"

POLL = 0.1
"""Seconds between two looks at whether the export is cancelled."""

PATIENCE = 5.0
"""Seconds that processes get to end after they were killed."""

PREFIX = ".netwright-"
"""Begins the name of the folder in which an export is made, beside the place where it will be."""


def export(
    run: Run,
    kind: str,
    out: Path,
    which: Which | None = None,
    progress: Progress = no_progress,
    check: Check = no_check,
    whole: bool = False,
) -> Proof:
    """Writes a run's network in a format, proves it, and returns the proof.

    Until then nothing stands at `out`, or what stood there before. The proof is kept with the run
    unless that is being trained. kind: of the format. out: the file, exactly as it is to be called.
    which: the weights, None for those in use. check: is called ten times a second, and what it
    raises gives up. whole: a format that trains does so to the end, and the final weights are
    compared. Raises UserError.
    """
    exported = format_called(kind)
    exported.require_packages()
    if whole and not exported.trains:
        raise UserError(f"{exported.label} does not train.", "Leave out --whole.")

    folder = _new_folder(run, out, exported.companions)
    try:
        request = {
            "run": str(run.path),
            "format": kind,
            "path": str(folder / out.name),
            "weights": which,
            "whole": whole,
        }
        proof = Proof.from_plain(_answer(request, "proof", progress, check))
        _move(folder, out)
    except UserError as error:
        raise _said_of_the_place(error, folder, out) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    if run.status != "running":
        _keep(run, proof)

    return proof


def _said_of_the_place(error: UserError, folder: Path, out: Path) -> UserError:
    """Returns an error that names a file where it was to stand, not the folder that is removed."""
    begins = str(out.absolute().parent / "_")[:-1]
    what = error.what.replace(f"{folder}{os.sep}", begins)
    return UserError(what, error.remedy, error.setting)


def _keep(run: Run, proof: Proof) -> None:
    """Keeps a proof with its run. Raises UserError, which says that the file is there."""
    try:
        proofs.keep(run, proof)
    except UserError as error:
        why = f"{error.what[:1].lower()}{error.what[1:]}"
        raise UserError(
            f"'{proof.out}' is written and proved; only its proof is not kept: {why}",
            error.remedy,
        ) from error


def left_out(
    run: Run, which: Which | None = None, check: Check = no_check
) -> dict[str, tuple[str, ...]]:
    """Returns what each format cannot hold of a run's network, a sentence each, by kind.

    It loads the network in a process of its own. which, check: see `export`. Raises UserError where
    the run cannot be exported at all: its weights or its data are not there.
    """
    request = {"run": str(run.path), "weights": which}
    found = _answer(request, "left_out", no_progress, check)
    return {kind: tuple(sentences) for kind, sentences in found.items()}


def _new_folder(run: Run, out: Path, companions: tuple[str, ...]) -> Path:
    """Makes a folder on the disk of `out`, so that moving is renaming. Raises UserError."""
    if out.is_dir():
        raise UserError(f"'{out}' is a folder.", "Name the file that is to be written.")
    if run.path.resolve() in out.resolve().parents:
        raise UserError(
            f"'{out}' is in the folder of the run, which holds nothing but the run.",
            "Choose another folder.",
        )
    # Where the file itself stands, those beside it are of an earlier export.
    for path in map(out.with_suffix, companions):
        if path.exists() and not out.exists():
            raise UserError(
                f"'{path}' is there already and would be written over.", "Choose another name."
            )

    try:
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=out.absolute().parent))
    except OSError as error:
        raise files.disk_error(error, out.absolute().parent) from error


def _move(folder: Path, out: Path) -> None:
    """Moves all files of a folder to where they belong, the named one last. Raises UserError."""
    others = sorted(path for path in folder.iterdir() if path.name != out.name)
    for path in (*others, folder / out.name):
        try:
            files.rename(path, out.with_name(path.name))
        except OSError as error:
            raise files.disk_error(error, out.with_name(path.name)) from error

    files.sync_folder(out.absolute().parent)


def _answer(request: dict[str, Any], name: str, progress: Progress, check: Check) -> Any:
    """Runs the process of an export to its end, and returns what it says under this name.

    Raises UserError, and whatever `check` raises.
    """
    # Made here: the process may be killed before it removes anything.
    scratch = _new_scratch()
    argument = files.json_line(request | {"scratch": scratch}, ascii_only=True).decode()
    try:
        with tempfile.TemporaryFile() as errors:
            return _last_message(argument, name, errors, progress, check)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _new_scratch() -> str:
    """Makes a folder for what an export needs meanwhile. Raises UserError."""
    try:
        return tempfile.mkdtemp(prefix="netwright-")
    except OSError as error:
        raise files.disk_error(error, Path(tempfile.gettempdir())) from error


def _last_message(
    argument: str, name: str, errors: IO[bytes], progress: Progress, check: Check
) -> Any:
    """Starts the process, hands on its progress, and returns what it says last."""
    try:
        process = own_process.start(MODULE, argument, errors.fileno())
    except OSError as error:
        raise UserError(
            f"The export, a process of its own, could not be started ({error.strerror or error}).",
            "Close other programs and try again.",
        ) from error

    try:
        for message in _messages(process, check):
            if "stage" in message:
                progress(message["stage"], message["done"], message["total"])
            elif "error" in message:
                raise UserError(*message["error"])
            elif name in message:
                return message[name]
    finally:
        _end(process)

    raise _broken(process, errors)


def _messages(process: subprocess.Popen[bytes], check: Check) -> Iterator[dict[str, Any]]:
    """Yields what the process says until it ends. Raises whatever `check` raises."""
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(
        target=_take, args=(process.stdout, lines), name="export process", daemon=True
    ).start()

    while True:
        check()
        with contextlib.suppress(queue.Empty):
            if not (line := lines.get(timeout=POLL)):
                return
            yield json.loads(line)


def _take(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Takes lines from a pipe, which cannot be waited for with a time everywhere; b"" last."""
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            lines.put(line)
    lines.put(b"")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and those that it started, and waits until none of them writes any more."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(process.pid)
        family = [*first.children(recursive=True), first]
        for each in family:
            with contextlib.suppress(psutil.Error):
                each.kill()

    process.wait()
    end = time.monotonic() + PATIENCE
    while any(map(_is_alive, family)) and time.monotonic() < end:
        time.sleep(POLL / 10)

    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _is_alive(process: psutil.Process) -> bool:
    """Returns whether a process may still write: one that nobody has waited for does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _broken(process: subprocess.Popen[bytes], errors: IO[bytes]) -> UserError:
    """Returns the error for a process that ended without a word."""
    errors.seek(0, os.SEEK_SET)
    words = errors.read().decode("utf-8", "replace").strip().splitlines()
    reason = words[-1] if words else f"it ended with {process.returncode}"
    return UserError(
        f"The export ended before it was done: {reason}",
        "Nothing was written. Please report it.",
    )
