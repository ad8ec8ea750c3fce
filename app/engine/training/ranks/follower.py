"""What each process of a run does but the first: it makes the same network and follows orders."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.engine import garbage, own_process
from app.engine.errors import UserError
from app.engine.training.ranks.world import World

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings

COMPLETED = 0
FAILED = 1

LOOK_EVERY = 0.05
"""Seconds between two looks whether the first process has a plan."""


class Ended(Exception):
    """The first process needs the others no more."""


def follow(world: World, data: DataSettings | None = None) -> int:
    """Follows the first process to its end and returns the exit code.

    data: of the experiment as this computer has them; None for the same as there.
    """
    garbage.only_train()
    # A terminal tells every process; the first one is asked to stop, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        store = world.store()
    except UserError as error:
        _say(str(error))
        return FAILED

    try:
        _follow(world, store, data)
    except Ended:
        return COMPLETED
    except BaseException as error:
        if _is_over(store):
            return COMPLETED

        _tell(world, store, error)
        return FAILED

    return COMPLETED


def _is_over(store: Any) -> bool:
    """Returns whether the first process has let the others go, so that a broken line is none."""
    with suppress(RuntimeError):
        return bool(store.check(["end"]))

    return False


def _tell(world: World, store: Any, error: BaseException) -> None:
    """Says why this process ends, to the others and on standard error."""
    from app.engine.training.failures import error_text  # noqa: PLC0415 - loads torch
    from app.engine.training.ranks.heart import (  # noqa: PLC0415 - not before the signals
        is_broken,
        tell_failure,
    )

    what, remedy, details = error_text(error)
    if is_broken(error):
        what = "Another process has ended, and this one has lost its line to it."
        with suppress(RuntimeError):
            store.set(f"left/{world.rank}", "")
    else:
        tell_failure(store, world, what, remedy, details)

    _say(f"{world.name} ends: {what}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _follow(world: World, store: Any, data: DataSettings | None) -> None:
    """Takes part from the plan to the end. Raises Ended where there is nothing to take part in."""
    from app.engine.training.warm_up import warm_up  # noqa: PLC0415 - loads torch

    warm_up()
    while not store.check(["plan"]):
        if store.check(["end"]):
            raise Ended
        time.sleep(LOOK_EVERY)

    told = json.loads(store.get("plan"))
    from app.engine.compute import device as devices  # noqa: PLC0415 - loads torch
    from app.engine.training.ranks.member import Member  # noqa: PLC0415 - loads torch

    with devices.computing_thread(int(told["state"]["threads"])):
        member = Member.prepared(world, store, told, data)
        # torchrun sends it to all; the first one saves, and judges with the others.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        member.work()


def main(argument: str) -> int:
    """Follows the run of the process that started this one. argument: a World as text."""
    threading.Thread(target=own_process.end_with_the_program, daemon=True).start()
    return follow(World.from_text(argument))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
