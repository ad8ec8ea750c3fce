"""What a search tries: a setting with the ends of its range, or with several values."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.experiment.overrides import with_overrides
from models.spec import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.spec import Setting

WIDE = 100.0
"""A range whose upper end is so many times its lower one is gone through in powers."""

MOST_POINTS = 5
"""A grid takes so many points of a range, its ends included."""

MOST_VALUES = 1_000
"""So many values may be listed for one setting."""

_ENDS = re.compile(r"\s*([^.\s]\S*?)\s*\.\.\s*(\S+)\s*")
EXAMPLE = "For example: --try model.width=16..64, or --try optimizer.kind=adam,adamw."

KindsOf = Callable[[Experiment], dict[str, str]]
"""Returns which kinds of choices an experiment gets, see with_overrides."""


@dataclass(frozen=True)
class Range:
    """The values of one setting that a search tries.

    name: SECTION.FIELD. values: those that were listed, as they are written in an experiment file;
    () for a range from low to high, both included. whole: of whole numbers. logarithmic: gone
    through in powers.
    """

    name: str
    values: tuple[str | int | float | bool, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    logarithmic: bool = False

    @property
    def points(self) -> tuple[Any, ...]:
        """The values that a grid takes: all that are listed, or some of a range, evenly spread."""
        if self.values:
            return self.values
        if self.whole and self.high - self.low < MOST_POINTS:
            return tuple(range(int(self.low), int(self.high) + 1))

        low, high = (math.log(end) if self.logarithmic else end for end in (self.low, self.high))
        spread = [low + (high - low) * index / (MOST_POINTS - 1) for index in range(MOST_POINTS)]
        points = [math.exp(point) if self.logarithmic else point for point in spread]
        # The ends stay as they were written.
        points[0] = self.low
        points[-1] = self.high
        return tuple(dict.fromkeys(round(point) if self.whole else point for point in points))

    @property
    def text(self) -> str:
        """The values in words: "16 to 64", "adam, adamw"."""
        if self.values:
            return ", ".join(map(str, self.values))

        low, high = ((int(end) if self.whole else end) for end in (self.low, self.high))
        return f"{low:g} to {high:g}"

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return asdict(self) | {"values": list(self.values)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Range:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        return cls(**{**plain, "values": tuple(plain["values"])})


def parse_ranges(
    texts: Iterable[str], experiment: Experiment, kinds_of: KindsOf
) -> tuple[Range, ...]:
    """Returns what `--try SECTION.FIELD=VALUES` names, kinds first.

    VALUES are LOW..HIGH, or several with commas between them. kinds_of: see with_overrides. Raises
    UserError where a setting does not exist, where a range is empty, or where one of its ends or
    values cannot be.
    """
    written = [_split(text) for text in texts]
    if not written:
        raise UserError("Nothing is to be tried.", EXAMPLE)

    names = [name for name, _ in written]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"'{twice}' is to be tried twice.", "Write all its values in one --try.")

    return kinds_first(_range(name, text, experiment, kinds_of) for name, text in written)


def kinds_first(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Returns ranges with those of kinds first: a kind decides which settings there are."""
    return tuple(sorted(ranges, key=lambda each: not is_kind(each.name)))


def range_between(
    name: str,
    low: float,
    high: float,
    experiment: Experiment,
    kinds_of: KindsOf,
    called: str,
) -> Range:
    """Returns the range of a setting from low to high. called: what messages call it.

    Raises UserError where it is empty, or where one of its ends cannot be.
    """
    if not all(math.isfinite(end) for end in (low, high)):
        raise UserError(f"{called}: the ends of a range are numbers.", EXAMPLE)
    if low >= high:
        raise UserError(
            f"{called} is empty: {low:g} is not below {high:g}.", "Write the smaller number first."
        )

    changed = [with_values(experiment, {name: end}, kinds_of) for end in (low, high)]
    declared = _declared(changed[0], name)
    whole = declared is not None and declared.type == "integer"
    logarithmic = low > 0 and (
        high / low >= WIDE or (declared is not None and declared.logarithmic)
    )
    return Range(name, (), low, high, whole, logarithmic)


def range_of(
    name: str,
    values: tuple[str | int | float | bool, ...],
    experiment: Experiment,
    kinds_of: KindsOf,
    called: str,
) -> Range:
    """Returns the range of a setting that has these values. called: what messages call it.

    Raises UserError where there is nothing to choose between, or where one of them cannot be.
    """
    _check_listed(called, values)
    for value in values:
        with_values(experiment, {name: value}, kinds_of)

    return Range(name, values)


def with_values(experiment: Experiment, values: Mapping[str, Any], kinds_of: KindsOf) -> Experiment:
    """Returns an experiment with some settings changed. values: by SECTION.FIELD, kinds first.

    Raises UserError where they do not go together.
    """
    pairs = [f"{name}={_literal(value)}" for name, value in values.items()]
    try:
        return with_overrides(experiment, pairs, kinds_of)
    except UserError as error:
        raise UserError(
            error.what.replace("--set", "--try"), error.remedy, error.setting
        ) from error


def is_kind(name: str) -> bool:
    """Returns whether a setting is the choice among kinds, such as "optimizer.kind"."""
    section, field = name.split(".")
    return section in CHOICES and field == CHOICES[section].registry.key


def _split(text: str) -> tuple[str, str]:
    name, separator, values = text.partition("=")
    name = name.strip()
    if not separator or name.count(".") != 1 or not all(name.split(".")):
        raise UserError(f"'--try {text}' is not of the form section.field=values.", EXAMPLE)
    if name.split(".")[0] not in SECTIONS:
        near = difflib.get_close_matches(name.split(".")[0], SECTIONS, n=1)
        raise UserError(
            f"'--try {text}': there is no section '{name.split('.')[0]}'.",
            f"Did you mean '{near[0]}'?" if near else f"Sections are {', '.join(SECTIONS)}.",
        )

    return name, values.strip()


def _range(name: str, text: str, experiment: Experiment, kinds_of: KindsOf) -> Range:
    """Returns the range of one setting. Raises UserError."""
    ends = _ENDS.fullmatch(text)
    if ends is None:
        values = tuple(_value(part.strip()) for part in text.split(",") if part.strip())
        return range_of(name, values, experiment, kinds_of, f"'--try {name}'")

    called = f"'--try {name}={text}'"
    low, high = (_value(end) for end in ends.groups())
    if isinstance(low, str) or isinstance(high, str):
        raise UserError(f"{called}: the ends of a range are numbers.", EXAMPLE)

    return range_between(name, low, high, experiment, kinds_of, called)


def _check_listed(called: str, values: tuple[Any, ...]) -> None:
    """Raises UserError where there is nothing to choose between, or far too much."""
    if len(set(values)) < 2:
        raise UserError(
            f"{called} names {'one value' if values else 'no value'}; a search needs two.", EXAMPLE
        )
    if len(values) > MOST_VALUES:
        raise UserError(
            f"{called} lists {len(values):,} values; at most {MOST_VALUES:,} are tried.",
            "Write a range, such as 1..1000.",
        )


def _declared(experiment: Experiment, name: str) -> Setting | None:
    """Returns what is declared about a setting; None for one of another form."""
    section, field = name.split(".")
    spec = getattr(experiment, section)
    return next((each for each in settings(type(spec)) if each.name == field), None)


def _value(text: str) -> str | int | float | bool:
    """Returns a written value: a number, true or false, or a word."""
    if text in ("true", "false"):
        return text == "true"

    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue

    return text.strip("\"'")


def _literal(value: Any) -> str:
    """Returns a value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()

    return f'"{value}"' if isinstance(value, str) else repr(value)
