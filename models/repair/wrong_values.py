"""Wrong values of settings in a person's words, from the errors that pydantic reports."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from models.spec import LOWER, UPPER, limit_text, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

    from models.spec import Setting, Spec

LONGEST_SHOWN = 60
"""Characters of a wrong value that a sentence shows."""

_LIMITS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
"""pydantic's kinds of error for a number outside its limits."""

_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "list_type": "a list",
    "model_type": "a section",
}
"""pydantic's kind of error -> the words for what was expected."""


def value_sentence(name: str, item: Mapping[str, Any], setting: Setting | None) -> str:
    """Returns what is wrong with the value of one setting, and what it must be.

    name: what the sentence calls the setting. item: one of `ValidationError.errors()`. It is "" for
    an error of another sort.
    """
    kind = item["type"]
    context = item.get("ctx") or {}
    limits = setting.limits if setting is not None else ""

    if kind in _LIMITS:
        limit, number = next(iter(context.items()))
        needed = limits or f"{(LOWER | UPPER)[limit]} {limit_text(number)}"
    elif kind == "literal_error":
        needed = context.get("expected", "one of the choices")
    elif kind in _TYPES:
        needed = f"{_TYPES[kind]}, {limits}" if limits else _TYPES[kind]
    else:
        return ""

    return f"'{name}' is {shown(item.get('input'))}; it must be {needed}."


def wrong_setting(kind: str, spec: type[Spec], error: ValidationError) -> tuple[str, str]:
    """Returns what is wrong with the settings of a choice, in a sentence, and what to change."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    declared = {setting.name: setting for setting in settings(spec)}

    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, declared, n=1)
        known = f"It has {', '.join(declared)}." if declared else "It has no settings."
        remedy = f"Did you mean '{near[0]}'?" if near else known
        return f"A {kind} has no setting '{name}'.", remedy

    sentence = value_sentence(name, first, declared.get(name))
    return sentence or f"'{name}': {first['msg']}.", f"Change '{name}' of this block."


def shown(value: Any) -> str:
    """Returns a wrong value as a sentence shows it: its beginning, where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than some thousand digits
        return "a number of thousands of digits"

    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
