"""What a person gives a trained network, read from files: one example a file, or many from a table
or from arrays.

What belongs into a file follows from the sort of input that the network reads (the kind of its
preparation). No torch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.engine.data.kinds import kind_of
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.sources.format import Check, no_check
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.tables.plan import targets_in
from app.engine.sources.tables.reading import read_table
from app.engine.sources.tables.roles import guess_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table

TABLES = (".csv", ".tsv", ".tab", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls", ".ods")
ARRAYS = (".npz", ".npy")


@dataclass(frozen=True)
class Given:
    """Examples from one source.

    names: what each is called. raws: each as Predictor.read takes it. table: the rows they are
    from, where they are. many: whether the source may hold many, so that an example has a name of
    its own in it.
    """

    source: str
    names: tuple[str, ...]
    raws: tuple[Any, ...] = field(repr=False)
    table: Table | None = field(default=None, repr=False)
    many: bool = False


def given_in(
    source: str | Path, preparation: Preparation, settings: DataSettings, check: Check = no_check
) -> Given:
    """What a file holds for a network with this preparation.

    settings: of the data that it was trained on.

    Raises UserError where the file holds nothing of the sort, and whatever `check` raises.
    """
    path = Path(source).expanduser()
    try:
        if not path.is_file():
            raise UserError(f"There is no file '{readable(path)}'.", "Check the name.")

        suffix = path.suffix.lower()
        if suffix in TABLES or (preparation.kind == "row" and suffix not in ARRAYS):
            return _table(path, preparation, settings, check)
        if suffix in ARRAYS and preparation.kind != "text":
            return _arrays(path, preparation)
        if preparation.kind == "text":
            return Given(str(source), (str(source),), (_text(path),))
        if isinstance(preparation, PairPreparation):
            raise UserError(
                f"'{readable(path.name)}' is one half; this network compares two.",
                "Give a table with a column for each half, or two files.",
            )

        kind_files = kind_of(preparation.kind).files
        raw = kind_files.read(path) if kind_files is not None else path
        return Given(str(source), (str(source),), (raw,))
    except OSError as error:
        raise UserError(
            f"'{readable(path)}' could not be opened ({error.strerror or 'error of the disk'}).",
            "Check the file.",
        ) from error


def half_in(source: str | Path, preparation: Preparation) -> Any:
    """One half of a pair from a file, as its preparation takes it. Raises UserError."""
    path = Path(source).expanduser()
    if not path.is_file():
        raise UserError(f"There is no file '{readable(path)}'.", "Check the name.")

    if preparation.kind == "text":
        return _text(path)

    kind_files = kind_of(preparation.kind).files
    return kind_files.read(path) if kind_files is not None else path


def _text(path: Path) -> str:
    try:
        return read_text(path)[0]
    except UnreadableText as error:
        raise UserError(
            f"'{readable(path.name)}' cannot be used: {error.reason}.", "Try another file."
        ) from error


# --- tables


def _table(path: Path, preparation: Preparation, settings: DataSettings, check: Check) -> Given:
    # what was chosen for the columns of the training table is asked for below, where this table has
    # them
    table = read_table(path, settings.replace(columns={}, target=None, missing={}))
    check()
    names = tuple(table.row_name(row) for row in range(len(table)))
    raws = tuple(_RAWS[preparation.kind](table, preparation, settings))

    return Given(str(path), names, raws, table, many=True)


def _rows(table: Table, preparation: Preparation, settings: DataSettings) -> Iterator[Any]:
    assert isinstance(preparation, RowPreparation)

    wanted = [column.name for column in preparation.columns]
    missing = [name for name in wanted if name not in table.by_name]
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing[:5]) + (" …" if len(missing) > 5 else "")
        raise UserError(
            f"'{readable(table.path)}' has no column {shown}, which the network reads.",
            "Give the columns the names that they had in training.",
        )

    for raw in table.raw_rows([column.name for column in preparation.categories]):
        yield {name: raw[name] for name in wanted}


def _texts(table: Table, preparation: Preparation, settings: DataSettings) -> Iterator[Any]:
    yield from _halves_of(table, settings, ("text",))[0]


def _pictures(table: Table, preparation: Preparation, settings: DataSettings) -> Iterator[Any]:
    yield from _halves_of(table, settings, ("image",))[0]


def _signals(table: Table, preparation: Preparation, settings: DataSettings) -> Iterator[Any]:
    ignored = {
        *targets_in(settings),
        *(name for name, role in settings.columns.items() if role != "number"),
    }
    numbers = [column for column in table.columns if column.numeric and column.name not in ignored]

    assert isinstance(preparation, SignalPreparation)
    if (
        len(numbers) > preparation.length
    ):  # a running number or a target that was not named comes first or last
        with_digits = [column for column in numbers if any(sign.isdigit() for sign in column.name)]
        numbers = with_digits if len(with_digits) == preparation.length else numbers

    if len(numbers) < 2:
        raise UserError(
            f"'{readable(table.path)}' has no columns of numbers that make a signal.",
            "Check the file.",
        )

    yield from np.stack([column.numbers[0] for column in numbers], axis=1)


def _pairs(table: Table, preparation: Preparation, settings: DataSettings) -> Iterator[Any]:
    assert isinstance(preparation, PairPreparation)
    yield from zip(
        *_halves_of(table, settings, tuple(half.kind for half in preparation.halves)), strict=True
    )


def _halves_of(table: Table, settings: DataSettings, kinds: tuple[str, ...]) -> list[list[Any]]:
    """For each sort of input that is asked for, a column of it: the one chosen in training, else
    the first that fits. Pictures are paths beside the table.
    """
    columns = {name: role for name, role in settings.columns.items() if name in table.by_name}
    targets = [name for name in targets_in(settings) if name in table.by_name]
    roles = guess_roles(table, columns, targets)
    free = [column for column in table.columns if column.name not in targets]

    found: list[list[Any]] = []
    for kind in kinds:
        fitting = [column for column in free if roles[column.name].role == kind]
        if not fitting and kind == "text":  # short texts look like categories
            fitting = [
                column
                for column in free
                if column.kind == "text" and roles[column.name].role != "image"
            ]

        if not fitting:
            what = (
                "paths of pictures"
                if kind == "image"
                else "texts"
                if kind == "text"
                else f"{kind}s"
            )
            raise UserError(
                f"'{readable(table.path)}' has no column of {what}.", "Add one, or check the file."
            )

        free.remove(fitting[0])
        cells = fitting[0].texts.to_pylist()

        folder = Path(table.path).parent
        if kind == "image":
            found.append([folder / os.path.expanduser(cell) if cell else b"" for cell in cells])
        else:
            found.append(cells)

    return found


_RAWS: dict[str, Callable[[Table, Preparation, DataSettings], Iterator[Any]]] = {
    "row": _rows,
    "text": _texts,
    "image": _pictures,
    "signal": _signals,
    "pair": _pairs,
}


# --- arrays


def _arrays(path: Path, preparation: Preparation) -> Given:
    """The examples of the first array that has their form: (N, H, W[, 3]) pictures, (N, L) or (N,
    C, L) signals.
    """
    if preparation.kind not in ("image", "signal"):
        raise UserError(
            f"'{readable(path.name)}' holds arrays; this network does not read such.",
            "Give a table.",
        )

    try:
        content = np.load(path, allow_pickle=False)
        arrays = (
            {path.stem: content}
            if isinstance(content, np.ndarray)
            else {name: content[name] for name in content}
        )
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise UserError(
            f"'{readable(path.name)}' is not an array file, or a damaged one.", "Save it anew."
        ) from error

    sizes = (3, 4) if preparation.kind == "image" else (2, 3)
    fitting = next(
        (array for array in arrays.values() if array.ndim in sizes and array.dtype.kind in "fiu"),
        None,
    )
    if fitting is None:
        raise UserError(
            f"'{readable(path.name)}' holds no array of {preparation.kind}s.", "Check the file."
        )

    raws = (
        [_picture(one, path) for one in fitting] if preparation.kind == "image" else list(fitting)
    )
    return Given(
        str(path), tuple(f"#{number + 1}" for number in range(len(raws))), tuple(raws), many=True
    )


def _picture(array: np.ndarray, path: Path) -> Image.Image:
    if array.dtype != np.uint8 or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise UserError(
            f"The pictures in '{readable(path.name)}' are no bytes in 1 or 3 channels.",
            "Save them so.",
        )
    return Image.fromarray(array)
