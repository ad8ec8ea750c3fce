"""Changes of an experiment by `section.field=value` pairs, as `--set` gives them."""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.experiment.toml_file import from_plain, to_plain
from models.graph import BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def with_overrides(
    experiment: Experiment,
    pairs: Iterable[str],
    kinds_of: Callable[[Experiment], dict[str, str]] | None = None,
) -> Experiment:
    """Returns the experiment changed by `section.field=value` pairs, as --set gives them.

    In a network of one's own `model.block.setting=value` changes a block.

    Settings of a section whose kind nobody chose belong to the kind that the data get. kinds_of:
    returns these, section -> kind, for the experiment without such sections; it is asked only where
    they are needed, since the data must be read for it. Without it they are those of a silent file.

    Raises UserError where a pair is malformed or names no setting, or where its value is wrong, and
    whatever `kinds_of` raises.
    """
    plain = _overridden(to_plain(experiment), pairs)
    open_sections = [
        name
        for name, choice in CHOICES.items()
        if isinstance(plain.get(name), dict) and choice.registry.kind_in(plain[name]) is None
    ]
    if open_sections and kinds_of is not None:
        chosen = {name: value for name, value in plain.items() if name not in open_sections}
        kinds = kinds_of(from_plain(chosen, "--set"))
        for name in open_sections:
            plain[name] = {CHOICES[name].registry.key: kinds[name], **plain[name]}

    return from_plain(plain, "--set").replace(drawing=experiment.drawing)


def _overridden(plain: dict[str, Any], pairs: Iterable[str]) -> dict[str, Any]:
    """Returns a plain experiment changed by pairs, in place. Raises UserError."""
    for pair in pairs:
        name, separator, text = pair.partition("=")
        parts = name.strip().split(".")
        if not separator or len(parts) > 3 or not all(parts):
            raise UserError(
                f"'--set {pair}' is not of the form section.field=value.",
                "For example: --set model.width=32",
            )

        try:
            value = tomllib.loads(f"value = {text.strip()}")["value"]
        except ValueError:
            value = text.strip()

        if len(parts) == 1:
            plain[parts[0]] = value
            continue

        section = plain.setdefault(parts[0], {})
        if not isinstance(section, dict):
            raise UserError(
                f"'--set {pair}': '{parts[0]}' has no settings.",
                f"Sections are {', '.join(SECTIONS)}.",
            )

        if len(parts) == 3:
            _block(section, parts, pair)[parts[2]] = value
            continue

        if parts[1] in ("kind", "template", BLOCKS) and section.get(parts[1]) != value:
            section.clear()  # another choice has other settings

        section[parts[1]] = value

    return plain


def _block(section: dict[str, Any], parts: list[str], pair: str) -> dict[str, Any]:
    """Returns the block that `model.block.setting` names. Raises UserError where it is none."""
    blocks: list[dict[str, Any]] = section.get(BLOCKS, []) if parts[0] == "model" else []
    if not blocks:
        raise UserError(
            f"'--set {pair}' is not of the form section.field=value.",
            "Three parts name a setting of a block in a network of your own.",
        )

    names = [str(block["name"]) for block in blocks]
    if parts[1] not in names:
        near = difflib.get_close_matches(parts[1], names, n=1)
        raise UserError(
            f"'--set {pair}': the network has no block called '{parts[1]}'.",
            f"Did you mean '{near[0]}'?" if near else "'netwright graph' lists its blocks.",
        )

    return blocks[names.index(parts[1])]
