"""Shows findings as cards of the Guide, whose buttons apply the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.ui.pages.parts import GuideCard, Parts
from app.ui.state.action import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.runs.findings import Finding, Remedy

LONGER = 0.5
"""Share of the epochs planned that training longer adds."""


def apply(parts: Parts, remedy: Remedy) -> None:
    """Applies a remedy: changes settings, or does its action.

    Where the settings only take effect in a new run, it trains anew.
    """
    if remedy.changes:
        parts.document.change(remedy.changes)
        if remedy.restart:
            restart(parts)
    elif remedy.action:
        act(parts, remedy.action)


def restart(parts: Parts) -> None:
    """Trains with the settings as they are now.

    A run that is under way is stopped first; it keeps what it has.
    """
    session = parts.session
    if not session.active:
        parts.do(Action.TRAIN)
        return

    session.finished.connect(
        lambda _: parts.do(Action.TRAIN), Qt.ConnectionType.SingleShotConnection
    )
    session.stop_at_once()


def act(parts: Parts, action: str) -> None:
    """Does one of the actions that a remedy may name (see runs.findings.Remedy)."""
    verb = action.partition(":")[0]
    if verb == "stop":
        parts.session.stop()
    elif verb == "longer":
        train_longer(parts)
    elif verb == "cell":
        parts.go("results")
    elif verb == "skipped":
        parts.go("data")
    elif verb == "plan":
        parts.do(Action.PLAN)


def train_longer(parts: Parts, epochs: int | None = None) -> None:
    """Goes on with the run shown, for so many more epochs than it had."""
    record = parts.session.record
    if parts.session.active or record.path is None or record.prepared is None:
        return

    planned = record.prepared.epochs
    parts.session.go_on(record.path, planned + (epochs or max(1, round(planned * LONGER))))


def card_of(parts: Parts, finding: Finding) -> GuideCard:
    """Returns a finding as a card of the Guide."""
    remedy = finding.remedy
    action: Callable[[], None] | None = (lambda: apply(parts, remedy)) if remedy else None
    return GuideCard(
        finding.title,
        finding.text,
        finding.level,
        remedy.label if remedy else "",
        action,
        f"guide.{finding.key}",
    )
