"""Proposes settings by what was found so far: Optuna's samplers, with a journal in a file.

Grid: every combination of points. Random: drawn evenly. TPE: the tree-structured Parzen estimator
(Bergstra et al. 2011; Watanabe 2023, arXiv:2304.11127), with trials ended early by asynchronous
successive halving (Li et al. 2020, arXiv:1810.05934).
"""

# ruff: noqa: PLC0415 - optuna takes a second to load, and is an extra
from __future__ import annotations

import importlib.util
import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.engine.errors import UserError
from app.engine.foreign import foreign_reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import optuna

    from app.engine.search.ranges import Range

Strategy = Literal["grid", "random", "tpe"]
INSTALL = "pip install 'netwright[search]'"
STUDY = "search"
"""The name of the study in its journal, which holds no other."""

STARTING = 8
"""So many trials are drawn at random before the estimator of TPE proposes any."""

REDUCTION = 3
"""One of so many trials goes on at each stage."""

MOST_COMBINATIONS = 100_000
"""So many combinations of a grid are looked at."""


@dataclass(frozen=True)
class Proposal:
    """One trial to be made. number: from 1. values: by SECTION.FIELD, as the ranges stand."""

    number: int
    values: dict[str, Any]


class Proposals:
    """The trials of a search, in the journal of its folder.

    `ask` is called until it returns None. A trial ends by `done`, `ended_early` or `failed`.
    """

    def __init__(
        self,
        journal: Path,
        ranges: Sequence[Range],
        strategy: Strategy,
        trials: int,
        higher_is_better: bool,
        seed: int,
    ) -> None:
        """Opens the journal, or begins one. Trials that a kill cut off are proposed again.

        Raises UserError where optuna is missing, or where the journal is damaged.
        """
        require_optuna()
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._ranges = tuple(ranges)
        self._trials = trials
        with foreign_reader(lambda words: _damaged(journal, words)):
            self._study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(journal))),
                study_name=STUDY,
                direction="maximize" if higher_is_better else "minimize",
                load_if_exists=True,
            )
            known = self._study.get_trials(deepcopy=False)

        # The same seed would propose the same trials again.
        self._study.sampler = _sampler(strategy, seed + len(known))
        self._prunes = strategy == "tpe"
        self._is_grid = strategy == "grid"
        self._open: optuna.trial.Trial | None = None
        if strategy == "grid" and not known:
            for values in _grid(ranges, trials, seed):
                self._study.enqueue_trial(values)

        for trial in known:
            if trial.state == _state("RUNNING"):
                self._study.tell(trial.number, state=_state("FAIL"))
                self._study.enqueue_trial(trial.params)

    @property
    def ended(self) -> int:
        """How many trials have come to an end of their own; not those that were put back."""
        return sum(
            trial.state in (_state("COMPLETE"), _state("PRUNED")) or "reason" in trial.user_attrs
            for trial in self._study.get_trials(deepcopy=False)
        )

    def ask(self) -> Proposal | None:
        """Returns the next trial; None where there were enough, or the grid is gone through."""
        if self.ended >= self._trials:
            return None

        waiting = self._study.get_trials(deepcopy=False, states=(_state("WAITING"),))
        if self._is_grid and not waiting:
            return None

        self._open = trial = self._study.ask(_distributions(self._ranges))
        values = {each.name: trial.params[each.name] for each in self._ranges}
        return Proposal(trial.number + 1, values)

    def is_hopeless(self, epoch: int, epochs: int, figure: float) -> bool:
        """Returns whether the open trial should end after this epoch: others were ahead of it.

        figure: of validation. Always False but for TPE.
        """
        assert self._open is not None
        if not self._prunes or not math.isfinite(figure):
            return False

        self._study.pruner = _pruner(epochs)
        self._open.report(figure, epoch)
        return epoch < epochs and self._open.should_prune()

    def done(self, figure: float) -> None:
        """Ends the open trial with its figure on validation."""
        self._tell("COMPLETE" if math.isfinite(figure) else "FAIL", figure)

    def ended_early(self) -> None:
        """Ends the open trial, which was hopeless."""
        self._tell("PRUNED")

    def failed(self, reason: str) -> None:
        """Ends the open trial without a figure."""
        assert self._open is not None
        self._open.set_user_attr("reason", reason)
        self._tell("FAIL")

    def put_back(self) -> None:
        """Ends the open trial, which a person stopped: it is proposed again next time."""
        assert self._open is not None
        params = self._open.params
        self._tell("FAIL")
        self._study.enqueue_trial(params)

    def importance(self) -> dict[str, float]:
        """Returns the share of each setting in the differences between trials; {} for too few.

        By fANOVA (Hutter et al. 2014). With few trials it is a rough guess.
        """
        import optuna

        complete = self._study.get_trials(deepcopy=False, states=(_state("COMPLETE"),))
        if len(complete) < 2 or len({trial.value for trial in complete}) < 2:
            return {}

        found = optuna.importance.get_param_importances(
            self._study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
        )
        return {name: float(share) for name, share in found.items()}

    def _tell(self, state: str, value: float | None = None) -> None:
        assert self._open is not None
        values = value if state == "COMPLETE" else None
        self._study.tell(self._open, values, state=_state(state))
        self._open = None


def require_optuna() -> None:
    """Raises UserError, with the command to copy, where optuna is not installed."""
    if importlib.util.find_spec("optuna") is None:
        raise UserError(
            "A search needs optuna, which is not installed.", f"Install with: {INSTALL}"
        )


def grid_size(ranges: Sequence[Range]) -> int:
    """Returns how many combinations a grid has."""
    return math.prod(len(each.points) for each in ranges)


def _state(name: str) -> optuna.trial.TrialState:
    import optuna

    return optuna.trial.TrialState[name]


def _sampler(strategy: Strategy, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    if strategy == "tpe":
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTING)

    return optuna.samplers.RandomSampler(seed=seed)


def _grid(ranges: Sequence[Range], most: int, seed: int) -> list[dict[str, Any]]:
    """Returns all combinations of points; a random choice of them where there are more."""
    combinations = [
        dict(zip((each.name for each in ranges), values, strict=True))
        for values in itertools.islice(
            itertools.product(*(each.points for each in ranges)), MOST_COMBINATIONS
        )
    ]
    if len(combinations) <= most:
        return combinations

    return random.Random(seed).sample(combinations, most)


def _pruner(epochs: int) -> optuna.pruners.BasePruner:
    """Returns successive halving whose first decision comes after a ninth of the epochs."""
    import optuna

    return optuna.pruners.SuccessiveHalvingPruner(
        min_resource=max(1, epochs // REDUCTION**2), reduction_factor=REDUCTION
    )


def _distributions(
    ranges: Sequence[Range],
) -> dict[str, optuna.distributions.BaseDistribution]:
    from optuna.distributions import (
        BaseDistribution,
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    found: dict[str, BaseDistribution] = {}
    for each in ranges:
        if each.values:
            found[each.name] = CategoricalDistribution(each.values)
        elif each.whole:
            found[each.name] = IntDistribution(int(each.low), int(each.high), log=each.logarithmic)
        else:
            found[each.name] = FloatDistribution(each.low, each.high, log=each.logarithmic)

    return found


def _damaged(journal: Path, words: str) -> UserError:
    return UserError(
        f"The journal of the search, '{journal}', is damaged or of another search: {words}",
        "Begin a new search in another folder.",
    )
