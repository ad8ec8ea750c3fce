"""The study of a search: Optuna's journal in its folder, which several processes may write."""

# ruff: noqa: PLC0415 - optuna takes a second to load, and is an extra
from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from app.engine import files
from app.engine.errors import UserError
from app.engine.extras import missing, not_installed
from app.engine.foreign import foreign_reader

if TYPE_CHECKING:
    from pathlib import Path

    import optuna

STUDY = "search"
"""The name of the study in its journal, which holds no other."""

LEAST_FOR_IMPORTANCE = 10
"""With fewer trials that came to their end, what mattered is a guess that is not worth telling."""

MOST_BYTES = 1 << 30


class JournalLock:
    """What Optuna holds while it writes. Its own lock is a file, which a kill leaves behind."""

    def __init__(self, journal: Path) -> None:
        self._lock = FileLock(journal.with_suffix(".lock"), thread_local=False)

    def acquire(self) -> bool:
        self._lock.acquire()
        return True

    def release(self) -> None:
        self._lock.release()


def require_optuna() -> None:
    """Raises UserError, with the command to copy, where optuna is not installed."""
    if missing("optuna"):
        raise not_installed("A search needs optuna, which is not installed.", "search")


def load_optuna() -> None:
    """Loads optuna, which takes a second, on a thread of its own.

    While it is loaded it keeps an error, and with it the variables of all functions that are under
    way on the thread, a data set too (findings/optuna-keeps-callers.sh).
    """
    if "optuna" not in sys.modules:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(importlib.import_module, "optuna").result()


def open_study(journal: Path, higher_is_better: bool) -> optuna.Study:
    """Opens the study in a journal, or begins one.

    Raises UserError where optuna is missing, or where the journal is damaged.
    """
    require_optuna()
    load_optuna()
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    lock: Any = JournalLock(journal)
    _mend(journal, lock)
    with foreign_reader(lambda words: _damaged(journal, words)):
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(journal), lock)),
            study_name=STUDY,
            direction="maximize" if higher_is_better else "minimize",
            load_if_exists=True,
        )
        study.get_trials(deepcopy=False)

    return study


def importance(study: optuna.Study) -> dict[str, float]:
    """Returns the share of each setting in the differences between trials, the largest first.

    By fANOVA (Hutter et al. 2014). {} where too few trials came to their end, or all are alike.
    """
    import optuna

    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len(complete) < LEAST_FOR_IMPORTANCE or len({trial.value for trial in complete}) < 2:
        return {}

    found = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
    )
    return {name: float(share) for name, share in found.items()}


def _mend(journal: Path, lock: JournalLock) -> None:
    """Cuts off a last line that a power cut left without its end; the next one would join it."""
    try:
        if not journal.exists():
            return

        lock.acquire()
        try:
            content = files.read_regular(journal, MOST_BYTES)
            if content and not content.endswith(b"\n"):
                files.write_atomically(journal, content[: content.rfind(b"\n") + 1])
        finally:
            lock.release()
    except OSError as error:
        raise files.disk_error(error, journal) from error


def _damaged(journal: Path, words: str) -> UserError:
    return UserError(
        f"The journal of the search, '{journal}', is damaged or of another search: {words}",
        "Begin a new search in another folder.",
    )
