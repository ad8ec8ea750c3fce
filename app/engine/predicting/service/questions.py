"""What a request asks: examples as JSON, checked before the network sees them.

Of what a client sends no text is ever taken for the name of a file.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError
from app.engine.text import names_text, nearest_name

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation

MOST_EXAMPLES = 256
"""Of one request: more are asked in several, so that others get their turn."""


class BadRequest(Exception):
    """A request that cannot be understood: a sentence."""


def read_examples(body: bytes) -> list[Any]:
    """Returns the examples of a request as plain data. Raises BadRequest."""
    if not body.strip():
        raise BadRequest('The body is empty. Send JSON: {"examples": [...]}.')

    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except UnicodeDecodeError:
        raise BadRequest("The body is not JSON: it is not written in UTF-8.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {_one_line(str(error))}.") from None

    if not isinstance(data, dict) or set(data) != {"examples"}:
        raise BadRequest('The body must be an object with one name: {"examples": [...]}.')

    examples = data["examples"]
    if not isinstance(examples, list) or not examples:
        raise BadRequest("'examples' must be a list of at least one example.")
    if len(examples) > MOST_EXAMPLES:
        raise BadRequest(
            f"These are {len(examples):,} examples; send at most {MOST_EXAMPLES} at once."
        )

    return examples


def raw_of(example: Any, preparation: Preparation) -> Any:
    """Returns an example of a request as Predictor.read takes it. Raises UserError."""
    if isinstance(preparation, PairPreparation):
        halves = preparation.halves
        if not isinstance(example, list) or len(example) != len(halves):
            raise UserError("An example must be a list of its two halves.")

        return tuple(
            raw_of(half, half_preparation)
            for half, half_preparation in zip(example, halves, strict=True)
        )
    if isinstance(preparation, RowPreparation):
        return _row(example, preparation)
    if isinstance(preparation, ImagePreparation):
        return _picture(example)
    if isinstance(preparation, SignalPreparation):
        return _signal(example)
    if not isinstance(example, str):
        raise UserError("An example must be a text.")

    return example


def _row(example: Any, preparation: RowPreparation) -> dict[str, Any]:
    """Returns the cells of a row. All columns must be there; null stands for a gap."""
    if not isinstance(example, dict):
        raise UserError("An example must be an object with a value for each column.")

    names = [column.name for column in preparation.columns]
    missing = [name for name in names if name not in example]
    if missing:
        free = [name for name in example if name not in names]
        near = nearest_name(missing[0], free)
        hint = f"; the nearest to '{missing[0]}' is '{near}'" if near else ""
        word = "column" if len(missing) == 1 else "columns"
        raise UserError(
            f"The example has no {word} {names_text(missing)}, which the network reads{hint}.",
            "Send null where there is no value.",
        )

    for name in names:
        value = example[name]
        if not isinstance(value, (str, int, float, bool, type(None))):
            raise UserError(f"'{name}' must be a number, a text, true, false or null.")

    return {name: _cell(example[name]) for name in names}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) > 1 << 53:
        return str(value)  # as a float it would be another number

    return value


def _picture(example: Any) -> bytes:
    if not isinstance(example, str):
        raise UserError("A picture must be a text: its file in Base64.")

    try:
        content = base64.b64decode(example, validate=True)
    except (binascii.Error, ValueError):
        raise UserError("The text of the picture is not Base64.", "Encode its file.") from None

    if not content:
        raise UserError("The picture is empty.", "Send its file in Base64.")

    return content


def _signal(example: Any) -> np.ndarray:
    """Returns (L,) or (C, L) of a list of numbers, or of such lists."""
    refusal = UserError(
        "A signal must be a list of numbers, or a list of such lists of one length."
    )
    if not isinstance(example, list) or not example:
        raise refusal

    channels = example if isinstance(example[0], list) else [example]
    for channel in channels:
        if not isinstance(channel, list) or len(channel) != len(channels[0]):
            raise refusal
        if not all(type(value) in (int, float) and _is_usual(value) for value in channel):
            raise refusal

    return np.array(example, np.float64).astype(np.float32)


def _is_usual(value: float) -> bool:
    """Returns whether a number fits into 32 bits."""
    return math.isfinite(value) and abs(value) < float(np.finfo(np.float32).max)


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")


def _one_line(text: str, most: int = 120) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
