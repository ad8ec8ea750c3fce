"""The reference of all settings, derived from their declarations: for the terminal and for a page.

Values stand as they are written in an experiment file (`true`, `"max"`, `1e-08`).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.loss import LOSSES
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES
from app.engine.text import FOLLOWS
from models.spec import limit_text, settings
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from models.spec import Choice, Registry, Setting, Spec

WIDTH = 100
"""Characters of a line on the terminal."""


@dataclass(frozen=True)
class Section:
    """One section of an experiment file, or one of the choices that such a section can be.

    kind: of the choice, "" where the section is no choice. key: the field that names the kind.
    """

    name: str
    spec: type[Spec]
    key: str = ""
    kind: str = ""
    summary: str = ""

    @property
    def settings(self) -> tuple[Setting, ...]:
        return settings(self.spec)

    @property
    def place(self) -> str:
        """Where it stands in a file."""
        return "[model] blocks" if self.name == "blocks" else f"[{self.name}]"


def sections() -> list[Section]:
    """Returns all sections in the order in which a file has them."""
    return [
        Section("data", DataSettings),
        Section("augmentation", AugmentationSettings),
        *_choices("model", TEMPLATES),
        *_choices("loss", LOSSES),
        *_choices("optimizer", OPTIMIZERS),
        *_choices("schedule", SCHEDULES),
        Section("training", TrainingSettings),
    ]


def blocks() -> list[Section]:
    """Returns the kinds of blocks of which a network is built; the first time it loads torch."""
    from models.layers.block import BLOCKS  # noqa: PLC0415 - it loads torch

    return list(_choices("blocks", BLOCKS))


def _choices(name: str, registry: Registry[Any]) -> Iterator[Section]:
    choice: type[Choice]
    for choice in registry.all():
        yield Section(name, choice, registry.key, choice.kind, choice.summary)


def find(name: str) -> list[Section]:
    """Returns the sections of this name, or the one choice of this kind; all of them for "".

    Blocks of networks are returned for "blocks" and for the name of one. Raises UserError where
    there is none.
    """
    everything = sections()
    wanted = name.strip("[] ").lower()
    matching = [section for section in everything if wanted in ("", section.name, section.kind)]
    if wanted not in {"", *(section.name for section in everything)}:
        matching += [section for section in blocks() if wanted in ("blocks", section.kind)]

    if matching:
        return matching

    names = ", ".join(dict.fromkeys(section.name for section in everything))
    raise UserError(
        f"There is no section '{name}'.",
        f"Name one of: {names}, blocks; or a template, block, loss, optimizer or schedule, such as "
        "'adamw'.",
    )


# --- on the terminal


def lines(chosen: Iterable[Section]) -> list[str]:
    """Returns the reference as lines for the terminal."""
    text: list[str] = []
    for section in chosen:
        text += ["", heading(section)] if text else [heading(section)]
        if section.summary:
            text += textwrap.wrap(section.summary, WIDTH)
        if not section.settings:
            text.append("It has no settings.")

        for setting in section.settings:
            text.append(f"  {setting.name} = {default_text(setting)}")
            text += textwrap.wrap(
                help_text(setting), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6
            )

    return text


def heading(section: Section) -> str:
    """Returns how the section begins in a file: `[optimizer]  kind = "adamw"`."""
    choice = f'  {section.key} = "{section.kind}"' if section.kind else ""
    return f"{section.place}{choice}"


def plain(chosen: Iterable[Section]) -> list[dict[str, Any]]:
    """Returns the reference as plain data, for `--json`."""
    return [
        {
            "section": section.name,
            "kind": section.kind,
            "summary": section.summary,
            "settings": [
                {
                    "name": setting.name,
                    "label": setting.label,
                    "help": setting.help,
                    "unit": setting.unit,
                    "type": setting.type,
                    "default": setting.default,
                    "minimum": setting.minimum,
                    "maximum": setting.maximum,
                    "choices": [value for value, _ in setting.choices],
                }
                for setting in section.settings
            ],
        }
        for section in chosen
    ]


# --- on a page


def page(chosen: Iterable[Section]) -> str:
    """Returns the reference as Markdown, a table for each section."""
    return "\n\n".join(_table(section) for section in chosen) + "\n"


def _table(section: Section) -> str:
    choice = f' with `{section.key} = "{section.kind}"`. {section.summary}' if section.kind else ""
    title = f"**`{section.place}`**{choice}"
    if not section.settings:
        return f"{title} It has no settings."

    rows = [
        f"| `{setting.name}` | {_default_cell(setting)} | {_cell(help_text(setting, '`'))} |"
        for setting in section.settings
    ]
    return "\n".join(
        [title, "", "| setting | default | what it does |", "| --- | --- | --- |", *rows]
    )


def _default_cell(setting: Setting) -> str:
    text = default_text(setting)
    return text if setting.default is None or isinstance(setting.default, dict) else f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# --- words


def default_text(setting: Setting) -> str:
    """Returns what is taken where the file says nothing, as it would be written there."""
    if setting.default is None:
        return FOLLOWS
    if isinstance(setting.default, dict):
        return "none"

    return _written(setting.default)


def help_text(setting: Setting, quote: str = "") -> str:
    """Returns what a setting does, with its choices, its unit and its limits.

    quote: what stands around a value.
    """
    values = ", ".join(f"{quote}{_written(value)}{quote}" for value, _ in setting.choices)
    facts = ", ".join(fact for fact in (setting.unit, _limits(setting)) if fact)
    choices = f" One of {values}." if values else ""
    return f"{setting.help}{choices}" + (f" ({facts})" if facts else "")


def _written(value: Any) -> str:
    """Returns a value as an experiment file has it."""
    if isinstance(value, bool):
        return str(value).lower()

    if isinstance(value, str):
        return f'"{value}"'.replace("\t", "\\t")

    if isinstance(value, list):
        return f"[{', '.join(_written(item) for item in value)}]"

    return f"{value:g}"


def _limits(setting: Setting) -> str:
    if setting.minimum is not None and setting.maximum is not None:
        return f"{limit_text(setting.minimum)} to {limit_text(setting.maximum)}"

    return ""
