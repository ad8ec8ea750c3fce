"""Starts a process of its own for a run, which goes on when this program has ended."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from app.engine import files, own_process
from app.engine.detached import register
from app.engine.errors import UserError

if TYPE_CHECKING:
    from app.engine.runs.run import Run

MODULE = "app.engine.detached.process"
MOST_ANSWER = 1 << 16


class Started:
    """A process that trains a run. `process`: its number."""

    def __init__(self, process: int, child: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._child = child

    def wait(self, seconds: float) -> int | None:
        """Waits for the end, for so long at most; returns the exit code, None while it goes on."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def let_go(self) -> None:
        """Leaves the process alone: nobody waits for it, and `own_process.reap` lets go of it."""
        own_process.reap()


def start(run: Run, go_on: bool = False, epochs: int | None = None, processes: int = 1) -> Started:
    """Trains a run in a process of its own; returns when the run is claimed and listens.

    go_on: from its last checkpoint. epochs: a new total, to train longer. processes: so many
    share each batch. Raises UserError where the run is being trained already or where the system
    starts no process.
    """
    run.must_rest("trained a second time")
    register.add(run.path)
    order = {"run": str(run.path), "go_on": go_on, "epochs": epochs, "processes": processes}
    try:
        child = own_process.start_detached(
            MODULE, files.json_line(order, ascii_only=True).decode().strip(), run.path / "log.txt"
        )
    except OSError as error:
        raise UserError(
            f"No process could be started for the run '{run.name}': {error.strerror or error}.",
            "Close other programs, or train it here.",
        ) from error

    assert child.stdout is not None
    with child.stdout as answers:
        answer = _parsed(answers.read(MOST_ANSWER) or b"")

    if "process" in answer:
        return Started(int(answer["process"]), child)

    code = child.wait()
    if "what" in answer:
        raise UserError(str(answer["what"]), str(answer.get("remedy", "")))

    raise UserError(
        f"The process for the run '{run.name}' ended at once, with code {code}.",
        f"'{run.path / 'log.txt'}' says more.",
    )


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        data = json.loads(answer)
    except ValueError:
        return {}

    return data if isinstance(data, dict) else {}
