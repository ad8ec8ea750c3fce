"""Which arrays of a source are what, and what they could be, for a person to look at and change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.sources.arrays.choices import ArrayChoice, ArrayOffer
from app.engine.sources.arrays.roles import names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.arrays.headers import ArrayHeader
    from app.engine.sources.arrays.roles import ArrayRoles

MOST_COLUMNS = 30
"""Of labels with more columns, none is offered by itself."""


def choices_of(
    headers: Sequence[ArrayHeader],
    data: DataSettings,
    guess: ArrayRoles | None,
    chosen: ArrayRoles | None,
) -> tuple[ArrayChoice, ...]:
    """Returns the choices of inputs and target.

    guess: the roles where nothing is chosen; chosen: those by the settings, None where these cannot
    be.
    """
    roles = chosen or guess
    if roles is None:
        return ()

    inputs = (*roles.inputs.names, *roles.inputs.others)
    if guess is not None:
        inputs = tuple(dict.fromkeys((*guess.inputs.names, *guess.inputs.others, *inputs)))
    targets = tuple(dict.fromkeys((*roles.target.names, *roles.target.others)))
    used = tuple(names_in(data.target)) or roles.target.names
    return (
        ArrayChoice(
            "inputs", roles.inputs.names, roles.inputs.reason, _offers(headers, inputs, False)
        ),
        ArrayChoice("target", used, roles.target.reason, _offers(headers, targets, True)),
    )


def roles_or_none(
    find: Callable[[DataSettings], ArrayRoles | None], data: DataSettings
) -> ArrayRoles | None:
    """Returns the roles that `find` finds with these settings, None where they cannot be."""
    try:
        return find(data)
    except UserError:
        return None


def _offers(
    headers: Sequence[ArrayHeader], names: Sequence[str], columns: bool
) -> tuple[ArrayOffer, ...]:
    """Returns the arrays of these names; columns: with each column of those that have several."""
    offers = []
    for name in names:
        header = next(header for header in headers if header.name == name)
        offers.append(ArrayOffer(name, " × ".join(f"{size:,}" for size in header.shape)))
        width = math.prod(header.shape[1:])
        if columns and 1 < width <= MOST_COLUMNS:
            offers += [
                ArrayOffer(f"{name} {number}", "one column") for number in range(1, width + 1)
            ]

    return tuple(offers)
