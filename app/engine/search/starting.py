"""Starts the processes that make the trials of a search; they go on when this program has ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.engine import files, own_process
from app.engine.errors import UserError
from app.engine.search import workers
from app.engine.search.study import require_optuna

if TYPE_CHECKING:
    from app.engine.search.search_folder import SearchFolder

MODULE = "app.engine.search.worker_process"
MOST_ANSWER = 1 << 16


def start(folder: SearchFolder) -> list[int]:
    """Begins a search, or goes on with it, in as many processes as its plan says.

    Returns their numbers when all of them are at work. Raises UserError where it is under way
    already, where it is damaged, where optuna is missing or where the system starts no process.
    """
    require_optuna()
    plan = folder.plan()
    folder.experiment()
    with workers.locked(folder.path):  # of two who start it, the second finds it under way
        if workers.count(folder.path):
            raise UserError("The search is under way already.", "Follow it, or stop it first.")

        folder.forget_requests()
        count = max(1, min(plan.parallel, plan.trials))
        return [_start_one(folder) for _ in range(count)]


def _start_one(folder: SearchFolder) -> int:
    order = files.json_line({"search": str(folder.path)}, ascii_only=True).decode().strip()
    try:
        child = own_process.start_detached(MODULE, order, folder.log)
    except OSError as error:
        raise UserError(
            f"No process could be started for the search: {error.strerror or error}.",
            "Close other programs.",
        ) from error

    assert child.stdout is not None
    with child.stdout as answers:
        answer = _parsed(answers.read(MOST_ANSWER) or b"")

    if "process" in answer:
        own_process.reap()
        return int(answer["process"])

    code = child.wait()
    if "what" in answer:
        raise UserError(str(answer["what"]), str(answer.get("remedy", "")))

    raise UserError(
        f"The process of the search ended at once, with code {code}.", f"'{folder.log}' says more."
    )


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        data = json.loads(answer)
    except ValueError:
        return {}

    return data if isinstance(data, dict) else {}
