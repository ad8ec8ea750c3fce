"""Blocks of a network as TOML, each as an inline table on a line of its own.

So a change of one block is a change of one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from models.graph import BLOCKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def blocks_text(blocks: Iterable[Mapping[str, Any]]) -> str:
    """Returns `blocks = [...]` for blocks in plain data, see `models.graph_file`."""
    lines = (f"    {inline(block)},\n" for block in blocks)
    return f"{BLOCKS} = [\n{''.join(lines)}]\n"


def settings_text(settings: Mapping[str, Any]) -> str:
    """Returns settings in one line, as they stand in the line of their block."""
    return ", ".join(f"{_key(key)} = {inline(value)}" for key, value in settings.items())


def inline(value: Any) -> str:
    """Returns a value as TOML on one line; a table is an inline table."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(inline(member) for member in value)}]"

    if isinstance(value, dict):
        entries = (f"{_key(key)} = {inline(entry)}" for key, entry in value.items())
        return f"{{ {', '.join(entries)} }}"

    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _key(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def own_blocks_text(own: Mapping[str, Mapping[str, Any]], section: str) -> str:
    """Returns a section for each kind of one's own, see `models.own_blocks`.

    section: the name of the table that holds them, such as "model.own_blocks".
    """
    parts = []
    for kind, definition in own.items():
        values = {name: entry for name, entry in definition.items() if name != BLOCKS}
        lines = "".join(f"{name} = {inline(entry)}\n" for name, entry in values.items())
        parts.append(f"[{section}.{_key(kind)}]\n{lines}{blocks_text(definition[BLOCKS])}")

    return "\n".join(parts)


def drawing_text(drawing: Mapping[str, Any]) -> str:
    """Returns the section [drawing] with a line for each block and each note."""
    positions = "".join(
        f"{_key(name)} = {inline(place)}\n" for name, place in drawing["positions"].items()
    )
    notes = "".join(f"    {inline(note)},\n" for note in drawing["notes"])
    parts = [f"[drawing]\nnotes = [\n{notes}]\n"] if notes else []
    parts += [f"[drawing.positions]\n{positions}"] if positions else []
    return "\n".join(parts)
