"""Modules printed as calls of their constructors: `nn.Conv2d(3, 16, 3, padding=1)`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from torch import nn

from models.layers.layer import Layer, printed_class

if TYPE_CHECKING:
    from collections.abc import Callable

POSITIONAL = 2
"""So many arguments of an own class are printed without their names."""

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

_POOLING = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


def call(module: nn.Module, name_of: Callable[[type], str], mixed: bool = False) -> str:
    """Returns the expression that builds a module like this one, without its weights.

    name_of: gives the printed name of a class, and sees to it that it is known there. mixed: see
    printed_class. Raises TypeError for a module whose arguments cannot be read back.
    """
    printed = printed_class(type(module), mixed)
    name = name_of(printed)

    if isinstance(module, nn.Sequential):
        children = list(module.children())
        while len(children) > 1 and isinstance(children[-1], nn.Identity):
            children.pop()

        return f"{name}({', '.join(call(child, name_of, mixed) for child in children)})"

    signature = inspect.signature(printed)
    parameters = list(signature.parameters.values())
    if isinstance(module, Layer):
        positional, named = module.built_with
        bound = signature.bind(*positional, **named)
        bound.apply_defaults()
        values = {
            parameter.name: bound.arguments[parameter.name]
            for parameter in parameters
            if parameter.kind in _NAMED
        }
    elif _takes_nothing(printed):
        values = {}
    else:
        values = _attributes(module, parameters)

    arguments = _arguments(values, signature, own=isinstance(module, Layer))
    return f"{name}({', '.join(arguments)})"


def _attributes(module: nn.Module, parameters: list[inspect.Parameter]) -> dict[str, Any]:
    """Returns the arguments of one of torch's modules, which keeps them under their names."""
    values: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name in ("device", "dtype") or parameter.name.startswith("_"):
            continue
        if parameter.kind not in _NAMED or not hasattr(module, parameter.name):
            raise TypeError(
                f"the arguments of {type(module).__name__} cannot be read back; "
                "put it into a class of its own"
            )

        value = getattr(module, parameter.name)
        if parameter.name == "bias":
            value = isinstance(value, nn.Parameter)
        elif parameter.name == "stride" and isinstance(module, _POOLING):
            value = None if value == module.kernel_size else value

        values[parameter.name] = _single(value)

    return values


def _takes_nothing(kind: type) -> bool:
    """Whether a class has no constructor of its own; that of nn.Module takes no arguments."""
    return next(base for base in kind.__mro__ if "__init__" in vars(base)) is nn.Module


def _arguments(values: dict[str, Any], signature: inspect.Signature, own: bool) -> list[str]:
    """Returns the arguments as they are printed: those of a default value are left out."""
    printed: list[str] = []
    for place, (name, value) in enumerate(values.items()):
        default = signature.parameters[name].default
        required = default is inspect.Parameter.empty
        if not required and type(default) is type(value) and default == value:
            continue

        by_place = (required or name == "p") and not isinstance(value, bool)
        if own:
            by_place = by_place and place < POSITIONAL

        text = literal(value)
        printed.append(text if by_place and len(printed) == place else f"{name}={text}")

    return printed


def _single(value: Any) -> Any:
    """Returns the number that a tuple repeats, as (3, 3) is for a filter; others as they are."""
    if isinstance(value, tuple) and value and len(set(value)) == 1 and isinstance(value[0], int):
        return value[0]

    return value


def literal(value: Any) -> str:
    """Returns a plain value as Python code. Raises TypeError for a value that is none."""
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(literal, value))
        if isinstance(value, list):
            return f"[{inside}]"

        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if value is None or type(value) in (bool, int, float):
        return repr(value)

    raise TypeError(f"{value!r} is no plain value")


def _escaped(letter: str) -> str:
    """Returns a letter as it is written between double quotes."""
    if letter in ('"', "\\"):
        return f"\\{letter}"

    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()
