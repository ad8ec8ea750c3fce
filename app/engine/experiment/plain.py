"""Plain values: what a setting holds, and what TOML and JSON hold of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from typing_extensions import TypeAliasType

Value = TypeAliasType(
    "Value", "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
)
"""A value without a class of its own; None where nothing was chosen."""

PlainExperiment: TypeAlias = dict[str, Value]
"""An experiment as TOML and JSON hold it: section -> {setting: value}."""


def plain_section(plain: Mapping[str, Value], section: str) -> Mapping[str, Value]:
    """Returns the settings of one section of a plain experiment; {} without the section."""
    content = plain.get(section)
    return content if isinstance(content, Mapping) else {}
