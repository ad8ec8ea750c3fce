"""What a study is asked for: is it chance, and what does each part bring? Read off the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.engine.runs.run import Run
from app.engine.studies import study as studies

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.studies.study import Study

PARTS_SEEDS = 3
"""Seeds of an ablation at first: it has many members."""


@dataclass(frozen=True)
class Option:
    """Something that may be part of a study. chosen: it is at first."""

    key: str
    name: str
    detail: str
    chosen: bool


class Question(Protocol):
    """What a dialog asks. The methods read files, and run in the background."""

    title: str
    about: str
    usual: int
    """Seeds at first."""
    leaves_out: bool
    """Whether each member but the first lacks something that the first one has."""

    def options(self) -> tuple[Option, ...]:
        """Returns what may be ticked; () where everything is part of the study."""

    def study(self, keys: Sequence[str], count: int) -> Study:
        """Returns the study with these options and so many seeds. Raises UserError."""


class Chance:
    """Would these runs come out the same with other seeds? See studies.repeats."""

    title = "Repeat with other seeds"
    about = (
        "The same training with other initial weights, another order of examples and other "
        "dropout: how much of a figure is chance, and whether runs really differ."
    )
    usual = studies.USUAL_SEEDS
    leaves_out = False

    def __init__(self, paths: Sequence[Path]) -> None:
        self._runs = [Run(path) for path in paths]

    def options(self) -> tuple[Option, ...]:
        return ()

    def study(self, keys: Sequence[str], count: int) -> Study:
        del keys
        return studies.repeats(self._runs, count)


class WhatPartsBring:
    """What does each part of this run bring? See studies.ablation."""

    title = "What does each part bring?"
    about = (
        "The same training with one part left out at a time, each with the same seeds. What is "
        "not missed can go."
    )
    usual = PARTS_SEEDS
    leaves_out = True

    def __init__(self, path: Path) -> None:
        self._run = Run(path)

    def options(self) -> tuple[Option, ...]:
        from app.engine.studies.ablation import parts_of  # noqa: PLC0415 - loads torch

        return tuple(
            Option(part.key, part.name, part.detail, not part.is_block)
            for part in parts_of(self._run)
        )

    def study(self, keys: Sequence[str], count: int) -> Study:
        from app.engine.studies.ablation import ablation, parts_of  # noqa: PLC0415 - loads torch

        parts = [part for part in parts_of(self._run) if part.key in keys]
        return ablation(self._run, parts, count)
