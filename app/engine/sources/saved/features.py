"""What a column of a saved data set is, by the settings that `datasets` writes into its schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.data.names import readable
from app.engine.files import read_regular
from app.engine.sources.saved.front_matter import features_in_readme

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

METADATA = b"huggingface"
"""The entry of a schema in which the features stand."""

INFO = "dataset_info.json"
"""The file beside the data in which the features stand too."""

LARGEST = 16 << 20
"""Bytes of that file at most: it has the names of all classes."""

BEGINNINGS = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"RIFF",
)
"""How files of pictures begin."""


@dataclass(frozen=True)
class Feature:
    """A column.

    is_picture, is_sound: whether its cells are files of such. names: of the classes that its whole
    numbers stand for, () where they are numbers.
    """

    is_picture: bool = False
    is_sound: bool = False
    names: tuple[str, ...] = ()


def features_of(schema: Any, folders: Sequence[Path] = ()) -> dict[str, Feature]:
    """Returns what the columns of an Arrow schema are, of those that are no plain values.

    folders: of the data set, where dataset_info.json or README.md may say what the schema does not.
    """
    described = _described(schema)
    for folder in folders:
        beside = _described_beside(folder, schema.names)
        described = {**(beside or features_in_readme(folder, schema.names)), **described}

    found = {}
    for field in schema:
        feature = described.get(field.name)
        plain = feature.get("_type") if isinstance(feature, dict) else None
        is_file = _is_file(field.type)
        is_sound = plain == "Audio" and is_file
        is_picture = is_file and not is_sound and plain in (None, "Image")
        names = _class_names(feature)
        if is_picture or is_sound or names:
            found[field.name] = Feature(is_picture, is_sound, names)

    return found


def _described(schema: Any) -> dict[str, Any]:
    try:
        content = json.loads((schema.metadata or {}).get(METADATA, b"{}"))
        features = content["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}

    return features if isinstance(features, dict) else {}


def _described_beside(folder: Path, columns: Sequence[str]) -> dict[str, Any]:
    """Returns the features in dataset_info.json, {} where it says none or is of other columns.

    It is an object with features, or one of such objects, one for each configuration.
    """
    try:
        content = json.loads(read_regular(folder / INFO, LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}

    if not isinstance(content, dict):
        return {}

    for info in (content, *content.values()):
        features = info.get("features") if isinstance(info, dict) else None
        if isinstance(features, dict) and set(features) == set(columns):
            return features

    return {}


def _class_names(feature: Any) -> tuple[str, ...]:
    """Returns the names of classes, of a ClassLabel or a list of them; () for anything else."""
    if isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    if not isinstance(feature, dict):
        return ()
    if feature.get("_type") in ("Sequence", "List", "LargeList"):
        return _class_names(feature.get("feature"))

    names = feature.get("names") if feature.get("_type") == "ClassLabel" else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()

    return tuple(map(readable, names))


def _is_file(kind: Any) -> bool:
    """Returns whether cells of this type are files: their bytes, and where they come from."""
    import pyarrow as pa  # noqa: PLC0415 - pyarrow takes 0.1 s to load; only tables need it

    if not pa.types.is_struct(kind):
        return False

    index = kind.get_field_index("bytes")
    return index >= 0 and is_bytes(kind.field(index).type)


def is_bytes(kind: Any) -> bool:
    """Returns whether an Arrow type is one of bytes."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    )


def begins_as_picture(array: Any) -> bool:
    """Returns whether the first bytes in an Arrow array are those of a picture."""
    first = next((cell.as_py() for cell in array if cell.is_valid), None)
    return isinstance(first, bytes) and first.startswith(BEGINNINGS)
