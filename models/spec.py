"""Declared settings of a choice, and the registry in which choices are found.

A choice (a template, a loss, an optimizer, a block ...) is a frozen pydantic model. Each field is
made with :func:`setting`, which declares its label, help, unit and limits once. The form in the
window, the experiment file, its messages, ``--set`` and the reference are all derived from that.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

if typing.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SettingType = Literal["integer", "number", "switch", "choice", "text", "names", "numbers", "table"]

LOWER = {"ge": "at least", "gt": "more than"}
"""The name of a lower limit -> the words before its value."""

UPPER = {"le": "at most", "lt": "less than"}
"""The name of an upper limit -> the words before its value."""


class Spec(BaseModel):
    """A frozen value with declared settings.

    Unknown names, wrong types and non-finite numbers are refused. A number, or a number in a list,
    needs a lower and an upper limit: a class that declares one without them raises TypeError.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if not _is_bounded(field.annotation, field.metadata):
                raise TypeError(
                    f"{cls.__name__}.{name} holds a number without a lower and an upper limit"
                )

    def replace(self, **changes: Any) -> typing.Self:
        """Returns a copy with these settings changed and checked.

        Raises pydantic.ValidationError.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate(values | changes)


class Choice(Spec):
    """One choice among several of a sort, such as one optimizer among the optimizers."""

    kind: ClassVar[str]
    """The name in files, unique among the choices of a sort."""

    label: ClassVar[str]
    """The name on screen."""

    summary: ClassVar[str]
    """What it does, and why to choose it, for a person."""


@dataclass(frozen=True)
class Setting:
    """What is declared about one field of a Spec."""

    name: str
    label: str
    help: str
    unit: str
    type: SettingType
    default: Any
    minimum: float | None
    maximum: float | None
    step: float | None
    logarithmic: bool
    choices: tuple[tuple[Any, str], ...]
    advanced: bool
    optional: bool
    """Whether it may be left out; then it follows the data."""

    limits: str = ""
    """The limits of a number in words: "at least 1 and at most 256"."""

    applies: tuple[str, ...] = ()
    """The kinds of data that it concerns; () is all of them."""

    live: bool = False
    """Whether it may be changed while a run trains."""

    def choice_text(self, value: Any) -> str | None:
        """Returns the words of one of the choices; None where the value is none of them."""
        for key, text in self.choices:
            if key == value and type(key) is type(value):
                return text

        return None


def setting(
    default: Any,
    *,
    label: str,
    help: str,
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    step: float | None = None,
    logarithmic: bool = False,
    choices: Mapping[Any, str] | None = None,
    advanced: bool = False,
    applies: tuple[str, ...] = (),
    live: bool = False,
) -> Any:
    """Declares one field of a Spec.

    A default of None means that the value follows the data and the template. ge, gt, le, lt: limits
    of a number. step, logarithmic: how an editor walks through the values. choices: the words on
    screen for each value of a Literal type. advanced: it is hidden until asked for. applies: the
    kinds of data that it concerns ("image", "row", "text", "signal", "pair", or a task's kind);
    none is all. live: it may be changed while a run trains.
    """
    extra: Any = {
        "unit": unit,
        "step": step,
        "logarithmic": logarithmic,
        "choices": list((choices or {}).items()),
        "advanced": advanced,
        "applies": list(applies),
        "live": live,
    }
    return Field(
        default,
        title=label,
        description=help,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        json_schema_extra={"setting": extra},
    )


def _is_bounded(kind: Any, metadata: Iterable[Any]) -> bool:
    """Returns whether every number that a field can hold has a lower and an upper limit.

    Of a list or a table its members are asked, which declare theirs with `Annotated`.
    """
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        inner, *annotations = typing.get_args(kind)
        return _is_bounded(inner, [*metadata, *annotations])

    if origin in (typing.Union, types.UnionType):
        return all(_is_bounded(member, metadata) for member in typing.get_args(kind))

    if origin is not None and origin is not Literal:
        return all(_is_bounded(member, ()) for member in typing.get_args(kind))

    limits = limits_in(metadata)
    return kind not in (int, float) or bool(limits.keys() & LOWER and limits.keys() & UPPER)


def limits_in(metadata: Iterable[Any]) -> dict[str, float]:
    """Returns the limits of a number by their names: ge, gt, le, lt."""
    limits: dict[str, float] = {}
    for item in metadata:
        if isinstance(item, FieldInfo):
            limits |= limits_in(item.metadata)

        limits |= {name: getattr(item, name) for name in (*LOWER, *UPPER) if hasattr(item, name)}

    return limits


def limit_text(value: float) -> str:
    """Returns a limit as a person reads it, with all digits: 4,294,967,295, 0.5, 1e-08."""
    return f"{value:,.12g}"


def settings(spec: type[Spec]) -> tuple[Setting, ...]:
    """Returns the declared settings of a Spec in their order; other fields are left out."""
    if spec not in _SETTINGS:
        _SETTINGS[spec] = tuple(
            _describe(name, field)
            for name, field in spec.model_fields.items()
            if isinstance(field.json_schema_extra, dict) and "setting" in field.json_schema_extra
        )

    return _SETTINGS[spec]


_SETTINGS: dict[type[Spec], tuple[Setting, ...]] = {}
"""What `settings` returned: a form asks for it after every change."""


def _describe(name: str, field: FieldInfo) -> Setting:
    extra = typing.cast(
        "dict[str, Any]", typing.cast("dict[str, Any]", field.json_schema_extra)["setting"]
    )
    kinds, optional = _kinds(field.annotation)
    limits = limits_in(field.metadata)
    words = LOWER | UPPER

    choices = tuple(tuple(pair) for pair in extra["choices"])
    if not choices and kinds and typing.get_origin(kinds[0]) is Literal:
        choices = tuple((value, str(value)) for value in typing.get_args(kinds[0]))

    return Setting(
        name=name,
        label=field.title or name,
        help=field.description or "",
        unit=extra["unit"],
        type=_type_of(kinds[0], bool(choices)),
        default=field.default,
        minimum=limits.get("ge", limits.get("gt")),
        maximum=limits.get("le", limits.get("lt")),
        step=extra["step"],
        logarithmic=extra["logarithmic"],
        choices=choices,
        advanced=extra["advanced"],
        optional=optional,
        limits=" and ".join(
            f"{words[name]} {limit_text(limits[name])}" for name in words if name in limits
        ),
        applies=tuple(extra["applies"]),
        live=extra["live"],
    )


def _kinds(annotation: Any) -> tuple[list[Any], bool]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        args = typing.get_args(annotation)
        return [arg for arg in args if arg is not type(None)], type(None) in args
    return [annotation], False


def _type_of(kind: Any, has_choices: bool) -> SettingType:
    """Returns the type of a setting.

    names: one name or several, numbers: whole numbers, table: a name for each name.
    """
    if typing.get_origin(kind) is dict:
        return "table"
    if typing.get_origin(kind) in (list, tuple):
        return "numbers" if _is_whole(typing.get_args(kind)[0]) else "names"
    if has_choices:
        return "choice"
    if kind is bool:
        return "switch"
    if kind is int:
        return "integer"

    return "number" if kind is float else "text"


def _is_whole(kind: Any) -> bool:
    """Returns whether the members of a list are whole numbers."""
    return kind is int or (typing.get_origin(kind) is typing.Annotated and kind.__origin__ is int)


class UnknownChoice(ValueError):
    """A choice that does not exist; `remedy` names all that do, `hint` the nearest if one is."""

    def __init__(self, noun: str, kind: object, known: tuple[str, ...]) -> None:
        self.remedy = f"Choose one of: {', '.join(known)}."
        near = difflib.get_close_matches(str(kind), known, n=1)
        self.hint = f"Did you mean '{near[0]}'?" if near else self.remedy
        self.what = f"There is no {noun} called '{kind}'."
        super().__init__(f"{self.what} {self.hint}")


C = TypeVar("C", bound=Choice)


def _import_modules(package: str) -> None:
    """Imports every module of a package and of the packages in it, so that choices register."""
    path = importlib.import_module(package).__path__
    for module in pkgutil.iter_modules(path, package + "."):
        if module.ispkg:
            _import_modules(module.name)
        else:
            importlib.import_module(module.name)


class Registry(Generic[C]):
    """The choices of one sort, found by importing every module below some packages.

    To add a choice is to add a file. noun: the word for a choice in messages. key: the name under
    which files give the kind.
    """

    def __init__(self, noun: str, *packages: str, key: str = "kind") -> None:
        self.noun = noun
        self.key = key
        self._packages = packages
        self._known: dict[str, type[C]] = {}
        self._complete = False

    def register(self, choice: type[C]) -> type[C]:
        """Registers a class, as a decorator; raises ValueError for a kind that is taken."""
        taken = self._known.get(choice.kind)
        if taken is not None and taken.__qualname__ != choice.__qualname__:
            raise ValueError(f"two {self.noun}s are called '{choice.kind}'")

        self._known[choice.kind] = choice
        return choice

    def all(self) -> tuple[type[C], ...]:
        """Returns every choice, sorted by the class attribute `order` (100 if none), then kind."""
        if not self._complete:
            for package in self._packages:
                _import_modules(package)

            self._complete = True

        return tuple(
            sorted(
                self._known.values(),
                key=lambda choice: (getattr(choice, "order", 100), choice.kind),
            )
        )

    def get(self, kind: str) -> type[C]:
        """Returns the choice of this kind; raises UnknownChoice, with the nearest name."""
        if not self._complete:
            self.all()
        if kind not in self._known:
            raise UnknownChoice(self.noun, kind, tuple(choice.kind for choice in self.all()))

        return self._known[kind]

    def read(self, value: Any) -> Any:
        """Returns a choice from plain data, {key: kind, ...settings}; None and choices stay.

        Raises UnknownChoice or pydantic.ValidationError.
        """
        if value is None or isinstance(value, Choice):
            return value

        if isinstance(value, str):
            value = {self.key: value}

        values = dict(value)
        kind = values.pop(self.key, None)
        if kind is None:
            raise UnknownChoice(self.noun, "", tuple(choice.kind for choice in self.all()))

        return self.get(kind).model_validate(values)

    def kind_in(self, values: Mapping[str, Any]) -> Any:
        """Returns the kind that plain data of a choice name; None where they leave it open."""
        return values.get(self.key)

    def write(self, choice: C) -> dict[str, Any]:
        """Returns plain data of which :meth:`read` makes the same choice.

        Settings that follow the data are left out.
        """
        return {self.key: choice.kind, **choice.model_dump(exclude_none=True)}
