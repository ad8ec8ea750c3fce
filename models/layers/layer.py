"""The base class of modules that are printed as code: it remembers what they were built with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

if TYPE_CHECKING:
    from typing import Self


class Layer(nn.Module):
    """A module that knows the arguments of its constructor, so that the call can be printed.

    `built_with` holds them as they were given: by place, and by name. They are plain values:
    numbers, texts, truth values, None, and tuples or lists of them. A subclass that does more than
    its mathematics, for our own trainer, names in `written_as` the class that is printed for it.
    """

    written_as: ClassVar[type[nn.Module]] = nn.Module

    built_with: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        module = super().__new__(cls)
        # nn.Module refuses attributes before its constructor has run, but not this way.
        object.__setattr__(module, "built_with", (arguments, named))
        return module


def printed_class(kind: type, mixed: bool = False) -> type:
    """Returns the class that is printed for this one: itself, unless it names another itself.

    mixed: of code that computes in two-byte types on the CPU. What a class does in float32 there,
    which it says by `float32_on_cpu`, is printed too; `written_mixed` may name a class for it.
    """
    mixed = mixed and getattr(kind, "float32_on_cpu", False)
    other: type = vars(kind).get("written_mixed" if mixed else "written_as", kind)
    return other
