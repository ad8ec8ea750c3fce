"""Differences of settings: experiments side by side, setting by setting, also as words.

It works on plain experiments, so that the settings of runs which another version wrote can be
compared too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import CHOICES, SECTIONS
from app.engine.experiment.plain import plain_section
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.text import UNKNOWN, setting_text, value_text
from models.graph import BLOCKS
from models.own_blocks import OWN_BLOCKS
from models.spec import Setting, Spec, UnknownChoice, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.plain import PlainExperiment, Value

KIND = "kind"
"""The name of the row that says which template, loss, optimizer or schedule was chosen."""

FIXED: dict[str, type[Spec]] = {
    "data": DataSettings,
    "augmentation": AugmentationSettings,
    "training": TrainingSettings,
}
"""Sections whose settings are always the same; the others are a choice among kinds."""


@dataclass(frozen=True)
class SettingRow:
    """One setting of several experiments.

    name: of the setting in its section, "kind" for the choice itself. values: one for each
    experiment, None where it has no such setting. texts: the same as words.
    """

    section: str
    name: str
    label: str
    values: tuple[Value, ...]
    texts: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether it is not the same in all of them."""
        return self.differs_among(range(len(self.values)))

    def differs_among(self, own: Collection[int]) -> bool:
        """Returns whether it differs where the others may know only some of their settings.

        own: the numbers of those that know all; False where there is none.
        """
        first = next((self.values[number] for number in own), None)
        return bool(own) and any(
            value != first and (number in own or value is not None)
            for number, value in enumerate(self.values)
        )

    def with_known(self, known: Sequence[Mapping[tuple[str, str], Value]]) -> SettingRow:
        """Returns it with the values that are known otherwise: of each, by section and name."""
        key = self.section, self.name
        found = {number: each[key] for number, each in enumerate(known) if key in each}
        values = [found.get(number, value) for number, value in enumerate(self.values)]
        texts = [
            value_text(found[number]) if number in found else text
            for number, text in enumerate(self.texts)
        ]
        return replace(self, values=tuple(values), texts=tuple(texts)) if found else self


def setting_rows(experiments: Sequence[Mapping[str, Value]]) -> tuple[SettingRow, ...]:
    """Returns the settings of any of these plain experiments, in the order of an experiment's file.

    experiments: see toml_file.to_plain. Kinds and settings that this version does not know are
    shown as they are written.
    """
    return tuple(
        row
        for section in SECTIONS
        for row in _section_rows(section, [_section(plain, section) for plain in experiments])
    )


def differences(experiments: Sequence[Mapping[str, Value]]) -> tuple[SettingRow, ...]:
    """Returns the settings that are not the same in all of these plain experiments."""
    return tuple(row for row in setting_rows(experiments) if row.differs)


def chosen_settings(experiment: Experiment) -> PlainExperiment:
    """Returns the settings that were chosen and differ from the defaults, as a plain experiment."""
    plain = toml_file.to_plain(experiment)
    for section, values in plain.items():
        chosen = getattr(experiment, section, None)
        if isinstance(chosen, Spec) and isinstance(values, Mapping):
            default = type(chosen)()
            plain[section] = {
                name: value
                for name, value in values.items()
                if name not in type(chosen).model_fields
                or getattr(chosen, name) != getattr(default, name)
            }

    return plain


def _section(plain: Mapping[str, Value], section: str) -> dict[str, Value]:
    """Returns the settings of a section by name, its kind under "kind"; {} without the section."""
    values = dict(plain_section(plain, section))
    choice = CHOICES.get(section)
    if choice is None:
        return values

    kind = choice.registry.kind_in(values)
    values.pop(choice.registry.key, None)
    return {} if kind is None else {KIND: kind, **_with_blocks(values)}


def _with_blocks(values: dict[str, Value]) -> dict[str, Value]:
    """Returns the settings of a section with a row for each block, where it has blocks."""
    blocks = values.pop(BLOCKS, None)
    own = values.pop(OWN_BLOCKS, None)
    for block in _mappings(blocks):
        entries = {key: entry for key, entry in block.items() if key != "name"}
        values[f"{BLOCKS}.{block.get('name')}"] = entries

    if isinstance(own, Mapping):
        values |= {f"{OWN_BLOCKS}.{kind}": definition for kind, definition in own.items()}

    return values


def _mappings(value: Value) -> list[Mapping[str, Value]]:
    """Returns the tables in a list; [] for what is none."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []

    return [member for member in value if isinstance(member, Mapping)]


def _section_rows(section: str, columns: Sequence[dict[str, Value]]) -> Iterable[SettingRow]:
    """Returns the rows of one section. columns: its settings in each of the experiments."""
    specs = [_spec(section, column) for column in columns]
    declared: dict[str, Setting] = {}
    for spec in specs:
        for setting in settings(spec) if spec is not None else ():
            declared.setdefault(setting.name, setting)

    # The order in which they are declared; what only the files know comes last.
    present = dict.fromkeys(name for column in columns for name in column)
    names = [name for name in declared if name in present]
    names += [name for name in present if name not in declared and name != KIND]

    if section in CHOICES and KIND in present:
        noun = CHOICES[section].registry.noun
        labels = [_kind_text(spec, column) for spec, column in zip(specs, columns, strict=True)]
        yield _row(section, KIND, noun[:1].upper() + noun[1:], columns, labels)

    for name in names:
        known = declared.get(name)
        texts = [_text(known, column.get(name)) for column in columns]
        label = known.label if known is not None else _label(name)
        yield _row(section, name, label, columns, texts)


def _row(
    section: str,
    name: str,
    label: str,
    columns: Sequence[dict[str, Value]],
    texts: Sequence[str],
) -> SettingRow:
    values = tuple(column.get(name) for column in columns)
    return SettingRow(section, name, label, values, tuple(texts))


def _spec(section: str, column: Mapping[str, Value]) -> type[Spec] | None:
    """Returns the class that declares these settings; None for a kind unknown to this version."""
    if section in FIXED:
        return FIXED[section]
    if KIND not in column:
        return None

    try:
        return CHOICES[section].registry.get(str(column[KIND]))
    except UnknownChoice:
        return None


def _kind_text(spec: type[Spec] | None, column: Mapping[str, Value]) -> str:
    if KIND not in column:
        return UNKNOWN

    return str(getattr(spec, "label", column[KIND]))


def _label(name: str) -> str:
    """Returns the words for a setting that nothing declares, or for a block."""
    section, _, block = name.partition(".")
    if section in (BLOCKS, OWN_BLOCKS) and block:
        return f"{'Block' if section == BLOCKS else 'Own block'} '{block}'"

    return name.replace("_", " ").capitalize()


def _text(setting: Setting | None, value: Value) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, Mapping) and KIND in value:
        return _block_text(value)
    if isinstance(value, Mapping) and BLOCKS in value:
        inner = _mappings(value[BLOCKS])
        return "; ".join(f"{block.get('name')}: {_block_text(block)}" for block in inner)

    return setting_text(setting, value) if setting is not None else value_text(value)


def _block_text(block: Mapping[str, Value]) -> str:
    return ", ".join(
        str(entry) if name == KIND else f"{name} {value_text(entry)}"
        for name, entry in block.items()
        if name != "name"
    )
