"""Proposes settings by what was found so far: Optuna's samplers, with a journal in a file.

Grid: every combination of points. Random: drawn evenly. TPE: the tree-structured Parzen estimator
(Bergstra et al. 2011; Watanabe 2023, arXiv:2304.11127), with trials ended early by asynchronous
successive halving (Li et al. 2020, arXiv:1810.05934). Several processes may propose at a time.
"""

# ruff: noqa: PLC0415 - optuna takes a second to load, and is an extra
from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.engine.search import study as studies
from app.engine.search import workers
from app.engine.search.workers import Worker

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path
    from typing import Self

    import optuna

    from app.engine.search.ranges import Range

Strategy = Literal["grid", "random", "tpe"]

STARTING = 8
"""So many trials are drawn at random before the estimator of TPE proposes any."""

REDUCTION = 3
"""One of so many trials goes on at each stage."""

MOST_COMBINATIONS = 100_000
"""So many combinations of a grid are looked at."""

STREAM = 1_000_003
"""Between the seeds of two workers; else both would propose the same."""


@dataclass(frozen=True)
class Proposal:
    """One trial to be made. number: from 1. values: by SECTION.FIELD, as the ranges stand."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a trial ended, as the journal has it. run: its folder's name.

    status: "completed", "ended early", or "failed" with the reason.
    """

    proposal: Proposal
    run: str
    status: str
    figure: float | None
    reason: str


class Proposals:
    """The trials of a search, in the journal of its folder, as one worker proposes them.

    `ask` is called until it returns None. A trial ends by `done`, `ended_early` or `failed`. Close
    it at the end; what is open then is proposed again by the next one who asks.
    """

    def __init__(
        self,
        journal: Path,
        ranges: Sequence[Range],
        strategy: Strategy,
        trials: int,
        higher_is_better: bool,
        seed: int,
        worker: Worker | None = None,
    ) -> None:
        """Opens the journal, or begins one. worker: the place of this process, None to take one.

        Raises UserError where optuna is missing, or where the journal is damaged.
        """
        studies.require_optuna()
        self._folder = journal.parent
        self._ranges = tuple(ranges)
        self._trials = trials
        self._prunes = strategy == "tpe"
        self._is_grid = strategy == "grid"
        self._open: optuna.trial.Trial | None = None
        self._worker = worker or Worker.claim(self._folder)
        try:
            with workers.locked(self._folder):
                self._study = studies.open_study(journal, higher_is_better)
                known = len(self._all())
                # The same seed would propose the same trials again.
                own = seed + known + STREAM * self._worker.index
                self._study.sampler = _sampler(strategy, own)
                if self._is_grid and not known:
                    for values in _grid(ranges, trials, seed):
                        self._study.enqueue_trial(values)
        except BaseException:
            self._worker.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the place among the workers back."""
        self._worker.release()

    @property
    def ended(self) -> int:
        """How many trials have come to an end of their own; not those that were put back."""
        return sum(map(_has_ended, self._all()))

    @property
    def completed(self) -> int:
        """How many trials were trained to their end."""
        return sum(trial.state == _state("COMPLETE") for trial in self._all())

    def ask(self) -> Proposal | None:
        """Returns the next trial; None where there are enough, or the grid is gone through.

        Those that other workers make at this moment count. What a kill cut off is proposed again.
        """
        with workers.locked(self._folder):
            self._put_back_what_was_cut_off()
            trials = self._all()
            under_way = sum(trial.state == _state("RUNNING") for trial in trials)
            if sum(map(_has_ended, trials)) + under_way >= self._trials:
                return None
            if self._is_grid and not any(trial.state == _state("WAITING") for trial in trials):
                return None

            self._open = trial = self._study.ask(_distributions(self._ranges))
            trial.set_user_attr("worker", self._worker.index)

        values = {each.name: trial.params[each.name] for each in self._ranges}
        return Proposal(trial.number + 1, values)

    def begun(self, run: str) -> None:
        """Notes the name of the open trial's run."""
        assert self._open is not None
        self._open.set_user_attr("run", run)

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

    def outcomes(self, known: Collection[int]) -> list[Outcome]:
        """Returns the trials that ended, but for those of the numbers that are known.

        Those of other workers that work now are left out: they note them in a moment.
        """
        return [
            _outcome(trial)
            for trial in self._all()
            if _has_ended(trial)
            and trial.number + 1 not in known
            and "run" in trial.user_attrs
            and self._is_orphan(trial)
        ]

    def importance(self) -> dict[str, float]:
        """Returns the share of each setting in the differences, see study.importance."""
        return studies.importance(self._study)

    def _all(self) -> list[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _is_orphan(self, trial: optuna.trial.FrozenTrial) -> bool:
        """Returns whether the worker of a trial is gone; this one works on what is open here."""
        worker = trial.user_attrs.get("worker")
        if worker is None or worker == self._worker.index:
            return True

        return not workers.is_alive(self._folder, worker)

    def _put_back_what_was_cut_off(self) -> None:
        for trial in self._all():
            if trial.state == _state("RUNNING") and self._is_orphan(trial):
                self._study.tell(trial.number, state=_state("FAIL"))
                self._study.enqueue_trial(trial.params)

    def _tell(self, state: str, value: float | None = None) -> None:
        assert self._open is not None
        values = value if state == "COMPLETE" else None
        self._study.tell(self._open, values, state=_state(state))
        self._open = None


def grid_size(ranges: Sequence[Range]) -> int:
    """Returns how many combinations a grid has."""
    return math.prod(len(each.points) for each in ranges)


def _state(name: str) -> optuna.trial.TrialState:
    import optuna

    return optuna.trial.TrialState[name]


def _has_ended(trial: optuna.trial.FrozenTrial) -> bool:
    ended = (_state("COMPLETE"), _state("PRUNED"))
    return trial.state in ended or "reason" in trial.user_attrs


def _outcome(trial: optuna.trial.FrozenTrial) -> Outcome:
    proposal = Proposal(trial.number + 1, dict(trial.params))
    status = {_state("COMPLETE"): "completed", _state("PRUNED"): "ended early"}
    reported = trial.intermediate_values
    figure = trial.value
    if figure is None and reported:
        figure = reported[max(reported)]

    return Outcome(
        proposal,
        str(trial.user_attrs["run"]),
        status.get(trial.state, "failed"),
        figure if trial.state in status else None,
        str(trial.user_attrs.get("reason", "")),
    )


def _sampler(strategy: Strategy, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    seed %= 1 << 32
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
