"""Experiments as TOML files, with a format version."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from pydantic import ValidationError

from app.engine.errors import UserError
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.files import disk_error, read_regular, write_atomically
from models.old_names import TEMPLATE_SETTINGS, renamed
from models.spec import LOWER, UPPER, Setting, Spec, UnknownChoice, limit_text, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


LONGEST_SHOWN = 60
"""Characters of a wrong value that a sentence shows."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_version_1}
"""By format version: the function that makes plain data of the next version."""


def to_plain(experiment: Experiment) -> dict[str, Any]:
    """Returns plain data for TOML or JSON; what follows the data is left out."""
    plain: dict[str, Any] = {"netwright": FORMAT, "name": experiment.name}
    for section in SECTIONS:
        value = getattr(experiment, section)
        if value is None:
            continue

        values = value.model_dump(exclude_none=True)
        choice = CHOICES.get(section)
        plain[section] = {choice.registry.key: value.kind, **values} if choice else values

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
            f"In {where}, 'netwright = {_shown(version)}' is not a format version.",
            f"Write netwright = {FORMAT}.",
        )
    if version > FORMAT:
        raise UserError(
            f"In {where}, the format version is {_shown(version)}; this program knows up to "
            f"{FORMAT}.",
            "Open it with a newer Netwright.",
        )

    for old in range(version, FORMAT):
        data = MIGRATIONS[old](data)

    for section, choice in CHOICES.items():
        if isinstance(data.get(section), dict):
            data[section] = {choice.registry.key: choice.default, **data[section]}

    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        raise UserError(
            f"In {where}: " + " ".join(sentences(error, data)), "Change it and try again."
        ) from error


def read(path: Path) -> Experiment:
    """Returns the experiment in a TOML file; a relative source is taken from the file's folder.

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
    source = experiment.data.source
    if source and not source.startswith("sample:"):
        full = (path.parent / Path(source).expanduser()).resolve()
        experiment = experiment.replace(data=experiment.data.replace(source=str(full)))

    if not experiment.name:
        experiment = experiment.replace(name=path.stem)

    return experiment


def dumps(experiment: Experiment, relative_to: Path | None = None) -> str:
    """Returns the experiment as TOML; a source below `relative_to` is written relative to it."""
    plain = to_plain(experiment)
    source = plain["data"].get("source", "")
    if relative_to is not None and source and not source.startswith("sample:"):
        path = Path(source)
        if path.is_relative_to(relative_to):
            plain["data"]["source"] = path.relative_to(relative_to).as_posix()

    return tomli_w.dumps(plain)


def write(experiment: Experiment, path: Path) -> None:
    """Writes the experiment to a file. Raises UserError where it cannot be written."""
    write_atomically(path, dumps(experiment, path.parent.resolve()).encode())


def with_overrides(
    experiment: Experiment,
    pairs: Iterable[str],
    kinds_of: Callable[[Experiment], dict[str, str]] | None = None,
) -> Experiment:
    """Returns the experiment changed by `section.field=value` pairs, as --set gives them.

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
        if isinstance(plain.get(name), dict) and choice.registry.key not in plain[name]
    ]
    if open_sections and kinds_of is not None:
        chosen = {name: value for name, value in plain.items() if name not in open_sections}
        kinds = kinds_of(from_plain(chosen, "--set"))
        for name in open_sections:
            plain[name] = {CHOICES[name].registry.key: kinds[name], **plain[name]}

    return from_plain(plain, "--set")


def _overridden(plain: dict[str, Any], pairs: Iterable[str]) -> dict[str, Any]:
    """Returns a plain experiment changed by pairs, in place. Raises UserError."""
    for pair in pairs:
        name, separator, text = pair.partition("=")
        parts = name.strip().split(".")
        if not separator or len(parts) > 2 or not all(parts):
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

        if parts[1] in ("kind", "template") and section.get(parts[1]) != value:
            section.clear()  # another choice has other settings

        section[parts[1]] = value

    return plain


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
    "model_type": "a section",
}
"""pydantic's kind of error -> the words for what was expected."""


def _sentence(item: ErrorDetails, data: dict[str, Any], setting: Setting | None) -> str:
    name = ".".join(str(part) for part in item["loc"])
    kind = item["type"]
    value = item.get("input")
    context = item.get("ctx") or {}

    if kind == "extra_forbidden":
        near = difflib.get_close_matches(
            str(item["loc"][-1]), _fields_beside(item["loc"], data), n=1
        )
        return f"there is no setting '{name}'." + (f" Did you mean '{near[0]}'?" if near else "")

    if setting is not None and setting.type == "names":
        place = ".".join(str(part) for part in item["loc"][:2])
        return f"'{place}' is {_shown(value)}; it must be a text in quotes, or a list of texts."

    limits = setting.limits if setting is not None else ""
    if kind in _LIMITS:
        limit, number = next(iter(context.items()))
        needed = limits or f"{(LOWER | UPPER)[limit]} {limit_text(number)}"
        return f"'{name}' is {_shown(value)}; it must be {needed}."
    if kind == "literal_error":
        choices = context.get("expected", "one of the choices")
        return f"'{name}' is {_shown(value)}; it must be {choices}."
    if kind in _TYPES:
        needed = f"{_TYPES[kind]}, {limits}" if limits else _TYPES[kind]
        return f"'{name}' is {_shown(value)}; it must be {needed}."
    if isinstance(context.get("error"), UnknownChoice):
        return f"'{name}': {context['error']}"

    return f"'{name}': {item['msg'].removeprefix('Value error, ')}."


def _shown(value: Any) -> str:
    """Returns a wrong value as a sentence shows it: its beginning, where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than some thousand digits
        return "a number of thousands of digits"

    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


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

        spec = choice.registry.get(values[choice.registry.key])

    return next((setting for setting in settings(spec) if setting.name == loc[1]), None)


def _fields_beside(loc: tuple[Any, ...], data: dict[str, Any]) -> list[str]:
    """Returns the names that would have been right where `loc` is not."""
    if len(loc) == 1:
        return list(Experiment.model_fields)

    section = str(loc[0])
    if section in CHOICES:
        registry = CHOICES[section].registry
        return list(registry.get(data[section][registry.key]).model_fields)

    return list(type(Experiment.model_fields[section].default).model_fields)
