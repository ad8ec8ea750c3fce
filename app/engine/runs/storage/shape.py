"""Reading plain data of a run's files into types: a run folder may come from somebody else."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from app.engine.runs.storage import manifest

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path
    from typing import TypeGuard

T = TypeVar("T")


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def is_of(data: object, kind: type[T]) -> TypeGuard[T]:
    """Returns whether plain data have the shape of this type. They are not converted."""
    try:
        _adapter(cast("Hashable", kind)).validate_python(data)
    except ValidationError:
        return False

    return True


def typed(data: object, kind: type[T]) -> T | None:
    """Returns plain data as an object of this type; None where they have another shape."""
    try:
        return cast("T", _adapter(cast("Hashable", kind)).validate_python(data))
    except ValidationError:
        return None


def read_object(folder: Path, name: str) -> dict[str, Any]:
    """Returns a JSON object of a run's folder; {} where there is none.

    Raises RunFileError where it is damaged.
    """
    content = manifest.read(folder, name)
    if content is None:
        return {}

    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise manifest.damaged(folder, name, "it is not valid JSON") from error
    if not isinstance(data, dict):
        raise manifest.damaged(folder, name, "it is not a JSON object")

    return data
