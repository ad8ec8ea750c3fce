"""The preparation of table rows as code that needs torch alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.data.preparation import PreparationCode
from app.engine.text import list_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

MOST_NAMED = 40
"""So many columns are named in code."""

MOST_BENT = 80.0
"""What asinh of a restored number may be; beyond 89 its sinh is no 32-bit number."""

BENT_CODE = (
    "    # Columns with long tails: linear near their centre, a logarithm far from it.\n"
    "    bent = torch.asinh((numbers - CENTRE) / torch.where(BEND > 0, BEND, 1))\n"
    "    numbers = torch.where(BEND > 0, bent, numbers)\n"
)

NO_NUMBERS_CODE = (
    "def prepare(rows: torch.Tensor) -> torch.Tensor:\n"
    '    """Rows of categories, which the network looks up."""\n'
    "    return rows.clone()\n"
)


def preparation_code(
    scale: Mapping[str, np.ndarray], count: int, features: Sequence[str]
) -> PreparationCode:
    """Returns the code that prepares rows. scale: see RowPreparation; count: of its amounts."""
    note = f"Columns: {list_text(features, MOST_NAMED)}."
    if not count:
        return PreparationCode("rows", NO_NUMBERS_CODE, arrays={}, note=note)

    has_more = len(features) > count
    numbers = f"rows[:, :{count}]" if has_more else "rows"
    rest = f"torch.cat([numbers, rows[:, {count}:]], dim=1)" if has_more else "numbers"
    kept = "; the rest stays" if has_more else ""
    names = [name.upper() for name in scale]
    head = (
        "def prepare(rows: torch.Tensor) -> torch.Tensor:\n"
        f'    """Fills gaps in rows (B, F) and standardises their numbers{kept}.\n\n'
        f"    {', '.join(names[:-1])} and {names[-1]} are of the training rows, column by column.\n"
        '    """\n'
        f"    numbers = {numbers}\n"
    )
    if "bend" not in scale:
        body = "    numbers = (torch.where(torch.isnan(numbers), FILL, numbers) - MEAN) / STD\n"
    else:
        body = (
            "    numbers = torch.where(torch.isnan(numbers), FILL, numbers)\n"
            f"{BENT_CODE}"
            "    numbers = (numbers - MEAN) / STD\n"
        )

    text = f"{head}{body}    return {rest}\n"
    return PreparationCode("rows", text, arrays=dict(scale), note=note)


def units_code(scale: Mapping[str, np.ndarray], count: int, flagged: bool) -> str:
    """Returns the code that gives restored numbers their units. flagged: whether flags follow."""
    numbers = f"outputs[:, :{count}]" if flagged else "outputs"
    lines = [
        "def answers(outputs: torch.Tensor) -> torch.Tensor:",
        '    """Restored numbers in their own units."""',
    ]
    if "bend" in scale:
        lines += [
            f"    numbers = {numbers} * STD + MEAN",
            f"    far = torch.sinh(numbers.clamp(-{MOST_BENT}, {MOST_BENT})) * BEND + CENTRE",
            "    numbers = torch.where(BEND > 0, far, numbers)",
        ]
        numbers = "numbers"
    else:
        numbers = f"{numbers} * STD + MEAN"

    if flagged:
        numbers = f"torch.cat([{numbers}, outputs[:, {count}:]], dim=1)"

    return "\n".join([*lines, f"    return {numbers}\n"])
