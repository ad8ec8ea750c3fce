"""The data of a run, where they are open, or why its examples cannot be shown."""

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
class RunData:
    """The data of a run.

    dataset: None where they are not open. missing: why not. offer: whether they can be opened.
    """

    dataset: Dataset | None
    missing: str = ""
    offer: bool = False


def run_data_of(outcome: Outcome | None, document: Document) -> RunData:
    """Returns the open data if they are the run's."""
    if outcome is None or not outcome.fingerprint or outcome.description is None:
        return RunData(None, "It is not known which data this run was trained on.")
    if (
        document.dataset is not None
        and document.dataset.description.fingerprint == outcome.fingerprint
    ):
        return RunData(document.dataset)

    many = noun(outcome.description.kind)
    source = outcome.data.source

    same = document.experiment.data == outcome.data
    if document.data_state == "reading" and same:
        return RunData(None, f"Reading the {many}.")

    if not source.startswith("sample:") and not Path(source).expanduser().exists():
        gone = f"'{source}' is not there any more. The figures still hold."
        return RunData(None, f"The {many} cannot be shown: {gone}")

    if same and document.dataset is not None and document.dataset.is_sample:
        return RunData(None, f"The {many} are shown once all of the text is read, by a training.")

    if same and document.data_state == "ready":
        return RunData(
            None, f"The {many} cannot be shown: the data changed since this run was trained."
        )

    return RunData(
        None, f"The {many} cannot be shown: the open data are not those of this run.", True
    )
