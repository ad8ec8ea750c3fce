"""What becomes of the settings of [data] where a person chooses what a column is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.sources.tables.choice.inputs import READ, inputs_in
from app.ui.pages.data.tables.columns import TOO

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings


def with_role(data: DataSettings, targets: tuple[str, ...], name: str, role: str) -> dict[str, Any]:
    """Returns the changes of [data] that make a column what a person chose.

    role: "" is as guessed. targets: those there are now. A guessed target gives way to a chosen
    one.
    """
    columns = {column: kind for column, kind in data.columns.items() if column != name}
    missing = {column: policy for column, policy in data.missing.items() if column != name}
    changes: dict[str, Any] = {"missing": missing}
    if chosen_inputs := inputs_in(data):
        kept = [column for column in chosen_inputs if column != name]
        changes["inputs"] = [*kept, name] if role in READ else kept or None

    if role in ("target", TOO):
        others = {column: kind for column, kind in columns.items() if kind != "target"}
        all_targets = [*(target for target in targets if target != name), name]
        return {**changes, "columns": others, "target": name if role == "target" else all_targets}

    chosen = [data.target] if isinstance(data.target, str) else list(data.target or ())
    left = [target for target in chosen if target != name]

    if role:
        columns[name] = role  # type: ignore[assignment]

    return {**changes, "columns": columns, "target": left[0] if len(left) == 1 else left or None}


def without_targets(data: DataSettings) -> dict[str, Any]:
    """Returns the changes of [data] that leave it to the table what is predicted."""
    columns = {column: kind for column, kind in data.columns.items() if kind != "target"}
    return {"columns": columns, "target": None}
