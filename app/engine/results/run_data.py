"""The data of a run, as they were when it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.verification import Verification
from app.engine.errors import UserError
from app.engine.sources.format import Check, Progress, no_check, no_progress
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset, Description
    from app.engine.runs.run import Run


def run_data(
    run: Run,
    description: Description,
    cannot: str,
    otherwise: str = "",
    progress: Progress = no_progress,
    check: Check = no_check,
) -> Dataset:
    """Opens the data of a run and compares them with what it was trained on.

    description: of the run's data. cannot: what cannot be done without them, a clause. otherwise:
    what a person can do instead, a clause that begins with "or"; "" for nothing. Raises UserError
    where they are not there or are not what they were.
    """
    try:
        dataset = open_dataset(run.experiment().data, progress, check)
    except UserError as error:
        why = f"{error.what[:1].lower()}{error.what[1:]}"
        raise UserError(
            f"{cannot} without the data of the run: {why}", _remedy("Put them back", otherwise)
        ) from error

    # An older run has no digest of its data.
    same = description.digest in ("", dataset.description.digest)
    if dataset.description.fingerprint != description.fingerprint or not same:
        raise UserError(
            f"{cannot}: the data changed since this run was trained.",
            _remedy("Put them back as they were", otherwise),
        )

    verification = Verification(dataset.mapped_copies)
    with verification.running():
        verification.require(check)

    return dataset


def _remedy(what: str, otherwise: str) -> str:
    return f"{what}, {otherwise}." if otherwise else f"{what}."
