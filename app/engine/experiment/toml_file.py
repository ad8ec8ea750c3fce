"""Experiments as TOML files, with a format version."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from pydantic import ValidationError

from app.engine.errors import UserError
from app.engine.experiment.block_lines import blocks_text, drawing_text, own_blocks_text
from app.engine.experiment.drawing import Drawing
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.files import disk_error, read_regular, write_atomically
from models.graph import BLOCKS, GraphError
from models.old_names import TEMPLATE_SETTINGS, renamed
from models.own_blocks import OWN_BLOCKS
from models.repair.wrong_values import shown, value_sentence
from models.spec import Setting, Spec, UnknownChoice, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails

MOST = 16 << 20
"""Bytes of an experiment file, at most; a large one has some kilobytes."""

FORMAT = 2
"""The format version that is written.

Raise it, and add a function to MIGRATIONS, when a setting is renamed or removed.
"""


def _from_version_1(data: dict[str, Any]) -> dict[str, Any]:
    """Renames settings of templates; new names stay, so that a file of either version is read."""
    model = data.get("model")
    if not isinstance(model, dict):
        return data

    names = TEMPLATE_SETTINGS.get(str(model.get("template")), {})
    return {**data, "model": renamed(model, names)}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_version_1}
"""By format version: the function that makes plain data of the next version."""


def to_plain(experiment: Experiment) -> dict[str, Any]:
    """Returns plain data for TOML or JSON; what follows the data is left out, and the drawing."""
    plain: dict[str, Any] = {"netwright": FORMAT, "name": experiment.name}
    for section in SECTIONS:
        value = getattr(experiment, section)
        if value is None:
            continue

        choice = CHOICES.get(section)
        plain[section] = (
            choice.registry.write(value) if choice else value.model_dump(exclude_none=True)
        )

    return plain


def from_plain(data: dict[str, Any], where: str = "the experiment") -> Experiment:
    """Returns the experiment in plain data.

    Data without a format version are read under the names of every version, which the migrations
    allow. Raises UserError, with a sentence for each thing that is wrong.
    """
    data = dict(data)
    version = data.pop("netwright", min(MIGRATIONS))
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UserError(
            f"In {where}, 'netwright = {shown(version)}' is not a format version.",
            f"Write netwright = {FORMAT}.",
        )
    if version > FORMAT:
        raise UserError(
            f"In {where}, the format version is {shown(version)}; this program knows up to "
            f"{FORMAT}.",
            "Open it with a newer Netwright.",
        )

    for old in range(version, FORMAT):
        data = MIGRATIONS[old](data)

    for section, choice in CHOICES.items():
        values = data.get(section)
        if isinstance(values, dict) and choice.registry.kind_in(values) is None:
            data[section] = {choice.registry.key: choice.default, **values}

    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        wrong = [(item.get("ctx") or {}).get("error") for item in error.errors()]
        if len(wrong) == 1 and isinstance(wrong[0], GraphError):
            place = f"In {where}, {wrong[0].place}: "
            raise UserError(place + wrong[0].what, wrong[0].remedy, f"model.{BLOCKS}") from error

        raise UserError(
            f"In {where}: " + " ".join(sentences(error, data)), "Change it and try again."
        ) from error


def read(path: Path) -> Experiment:
    """Returns the experiment in a TOML file; relative paths are taken from the file's folder.

    Raises UserError where the file cannot be read or is no experiment.
    """
    try:
        return parse(read_regular(path, MOST), path)
    except OSError as error:
        raise disk_error(error, path) from error


def parse(content: bytes, path: Path) -> Experiment:
    """Returns the experiment that is the content of a TOML file, see `read`. Raises UserError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"'{path.name}' is not a text file.", "Open a .toml file.") from error

    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise UserError(
            f"'{path.name}' is nested too deeply.", "Correct it, then open it again."
        ) from error
    except ValueError as error:  # a number of thousands of digits is one that is no decode error
        raise UserError(
            f"'{path.name}' is not valid TOML: {error}.", "Correct that line, then open it again."
        ) from error

    experiment = from_plain(data, f"'{path.name}'")
    places = {
        name: str((path.parent / Path(place).expanduser()).resolve())
        for name, place in _places(experiment.data.source, experiment.data.revision).items()
    }
    if places:
        experiment = experiment.replace(data=experiment.data.replace(**places))

    if not experiment.name:
        experiment = experiment.replace(name=path.stem)

    return experiment


def dumps(experiment: Experiment, relative_to: Path | None = None) -> str:
    """Returns the experiment as TOML; paths below `relative_to` are written relative to it."""
    plain = to_plain(experiment)
    data = plain["data"]
    if relative_to is not None:
        for name, place in _places(data.get("source"), data.get("revision")).items():
            path = Path(place)
            if path.is_relative_to(relative_to):
                data[name] = path.relative_to(relative_to).as_posix()

    head = {name: value for name, value in plain.items() if not isinstance(value, dict)}
    sections = [_section_text(name, value) for name, value in plain.items() if name not in head]
    if experiment.drawing != Drawing():
        sections.append(drawing_text(experiment.drawing.model_dump()))

    return "\n".join([tomli_w.dumps(head), *sections])


def _places(source: str | None, revision: str | None) -> dict[str, str]:
    """Returns the settings of [data] that are paths; a built-in data set has none."""
    places = {"source": source or "", "revision": revision or ""}
    return {
        name: place for name, place in places.items() if place and not place.startswith("sample:")
    }


def _section_text(name: str, value: Any) -> str:
    """Returns one section as TOML; each block of a network stands on a line of its own."""
    if name != "model" or BLOCKS not in value:
        return tomli_w.dumps({name: value})

    parts = [f"[model]\n{blocks_text(value[BLOCKS])}"]
    if own := value.get(OWN_BLOCKS):
        parts.append(own_blocks_text(own, f"model.{OWN_BLOCKS}"))

    rest = {key: entry for key, entry in value.items() if key not in (BLOCKS, OWN_BLOCKS)}
    if rest:
        parts.append(tomli_w.dumps({name: rest}))

    return "\n".join(parts)


def write(experiment: Experiment, path: Path) -> None:
    """Writes the experiment to a file. Raises UserError where it cannot be written."""
    write_atomically(path, dumps(experiment, path.parent.resolve()).encode())


def sentences(error: ValidationError, data: dict[str, Any] | None = None) -> list[str]:
    """Returns a pydantic error in a person's words, a sentence for each thing that is wrong.

    data: what was read, to suggest the nearest right name.
    """
    data = data or {}
    found: dict[tuple[Any, ...], str] = {}
    for item in error.errors():
        loc = item["loc"]
        setting = _setting_at(loc, data)
        # A value that may be a text or a list of texts is neither: one thing is wrong, not two.
        place = loc[:2] if setting is not None and setting.type == "names" else loc
        found.setdefault(place, _sentence(item, data, setting))

    return list(found.values())


def _sentence(item: ErrorDetails, data: dict[str, Any], setting: Setting | None) -> str:
    name = ".".join(str(part) for part in item["loc"])
    kind = item["type"]
    context = item.get("ctx") or {}

    if kind == "extra_forbidden":
        near = difflib.get_close_matches(
            str(item["loc"][-1]), _fields_beside(item["loc"], data), n=1
        )
        return f"there is no setting '{name}'." + (f" Did you mean '{near[0]}'?" if near else "")

    if setting is not None and setting.type == "names":
        place = ".".join(str(part) for part in item["loc"][:2])
        value = shown(item.get("input"))
        return f"'{place}' is {value}; it must be a text in quotes, or a list of texts."

    if sentence := value_sentence(name, item, setting):
        return sentence

    error = context.get("error")
    if isinstance(error, GraphError):
        return f"{error.place}: {error.message}"
    if isinstance(error, UnknownChoice):
        return f"'{name}': {error}"

    return f"'{name}': {item['msg'].removeprefix('Value error, ')}."


def _setting_at(loc: tuple[Any, ...], data: dict[str, Any]) -> Setting | None:
    """Returns the setting whose value is wrong at `loc`; None where that cannot be told."""
    if len(loc) < 2 or loc[0] not in SECTIONS:
        return None

    section = str(loc[0])
    choice = CHOICES.get(section)
    spec: type[Spec] = type(Experiment.model_fields[section].default)
    if choice is not None:
        values = data.get(section)
        if not isinstance(values, dict):
            return None

        spec = choice.registry.get(choice.registry.kind_in(values))

    return next((setting for setting in settings(spec) if setting.name == loc[1]), None)


def _fields_beside(loc: tuple[Any, ...], data: dict[str, Any]) -> list[str]:
    """Returns the names that would have been right where `loc` is not."""
    if len(loc) == 1:
        return list(Experiment.model_fields)

    section = str(loc[0])
    if section in CHOICES:
        registry = CHOICES[section].registry
        return list(registry.get(registry.kind_in(data[section])).model_fields)

    return list(type(Experiment.model_fields[section].default).model_fields)
