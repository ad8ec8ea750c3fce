"""Whether the examples behind a run's figures can be shown: its data are open, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.nouns import noun

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.ui.pages.results.outcome import Outcome
    from app.ui.state.document import Document


@dataclass(frozen=True, eq=False)
class Source:
    """dataset: the run's own data. missing: else why not. offer: they can be opened."""

    dataset: Dataset | None
    missing: str = ""
    offer: bool = False


def source_of(outcome: Outcome | None, document: Document) -> Source:
    """The open data if they are the run's."""
    if outcome is None or not outcome.fingerprint or outcome.description is None:
        return Source(None, "It is not known which data this run was trained on.")
    if (
        document.dataset is not None
        and document.dataset.description.fingerprint == outcome.fingerprint
    ):
        return Source(document.dataset)

    many = noun(outcome.description.kind)
    source = outcome.data.source

    same = document.experiment.data == outcome.data
    if document.data_state == "reading" and same:
        return Source(None, f"Reading the {many}.")

    if not source.startswith("sample:") and not Path(source).expanduser().exists():
        gone = f"'{source}' is not there any more. The figures still hold."
        return Source(None, f"The {many} cannot be shown: {gone}")

    if same and document.data_state == "ready":
        return Source(
            None, f"The {many} cannot be shown: the data changed since this run was trained."
        )

    return Source(
        None, f"The {many} cannot be shown: other data are open than those of this run.", True
    )
