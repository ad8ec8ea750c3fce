"""Reads from files what a person gives a trained network: one example, or many of a table or array.

What a file must hold follows from the kind of input that the network reads. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.kinds import kind_of
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.names import readable
from app.engine.data.picture_files.pages import PageOf
from app.engine.errors import UserError
from app.engine.files import disk_error, open_regular
from app.engine.results.arrays import raws_of_array, shapes_text, trained_arrays
from app.engine.results.named_files import cells_of, named_files
from app.engine.sources.decoding.pages import PAGE, each_page
from app.engine.sources.format import Check, no_check
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.tables.as_trained import read_as_trained
from app.engine.sources.tables.plan import targets_in
from app.engine.sources.tables.reading import has_name_of_table, read_table
from app.engine.sources.tables.roles import guess_roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Table

TABLES = (
    ".csv",
    ".tsv",
    ".tab",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".xls",
    ".ods",
    ".jsonl",
    ".ndjson",
    ".arff",
)
ARRAYS = (".npz", ".npy")

FORMS = {
    "image": "pictures (examples × height × width, or with channels behind)",
    "signal": "signals (examples × steps, or with channels between)",
}
"""What an array of examples is, by their kind."""


@dataclass(frozen=True)
class PredictionInput:
    """Examples from one source.

    names: what each is called. raws: each as Predictor.read takes it. table: the rows they are
    from, None where the source is no table. many: whether the source may hold many examples, so
    that each has a name of its own in it. told: of each, sentences on how it is read, "" without;
    () where no example has any.
    """

    source: str
    names: tuple[str, ...]
    raws: tuple[Any, ...] = field(repr=False)
    table: Table | None = field(default=None, repr=False)
    many: bool = False
    told: tuple[str, ...] = ()


def read_input(
    source: str | Path, trained: Description, settings: DataSettings, check: Check = no_check
) -> PredictionInput:
    """Reads the examples in a file for a network.

    trained: the data that it was trained on; settings: of them. Raises UserError where the file
    holds no such examples, and whatever `check` raises.
    """
    path = Path(source).expanduser()
    preparation = trained.preparation
    try:
        _refuse_other_than_files(path)
        if is_table(path, preparation):
            return _table(path, trained, settings, check)
        if is_array_file(path, preparation):
            return _arrays(path, trained)
        if preparation.kind == "text":
            return PredictionInput(str(source), (str(source),), (_text(path),))
        if isinstance(preparation, PairPreparation):
            raise UserError(
                f"'{readable(path.name)}' is one half; this network compares two.",
                "Give a table with a column for each half, or two files.",
            )

        if isinstance(preparation, ImagePreparation) and preparation.pages == "each":
            return _pages(path, str(source))

        kind_files = kind_of(preparation.kind).files
        raw = kind_files.read(path) if kind_files is not None else path
        return PredictionInput(str(source), (str(source),), (raw,))
    except OSError as error:
        raise UserError(
            f"'{readable(path)}' could not be opened ({error.strerror or 'disk error'}).",
            "Check the file.",
        ) from error


def is_table(path: Path, preparation: Preparation) -> bool:
    """Returns whether a file is read as a table for a network."""
    suffix = path.suffix.lower()
    if suffix in ARRAYS:
        return False

    return suffix in TABLES or has_name_of_table(path.name) or preparation.kind == "row"


def is_array_file(path: Path, preparation: Preparation) -> bool:
    """Returns whether a file is read as arrays of many examples for a network."""
    return path.suffix.lower() in ARRAYS and preparation.kind != "text"


def _pages(path: Path, source: str) -> PredictionInput:
    """Returns every page of a file as an example; a file of one page as it is."""
    pages = each_page(path)
    if len(pages) < 2:
        return PredictionInput(source, (source,), (path,))

    names = tuple(f"{source}{PAGE}{page + 1}" for page in pages)
    return PredictionInput(source, names, tuple(PageOf(path, page) for page in pages), many=True)


def read_half(source: str | Path, preparation: Preparation) -> Any:
    """Reads one half of a pair from a file, as its preparation takes it. Raises UserError."""
    path = Path(source).expanduser()
    _refuse_other_than_files(path)
    if preparation.kind == "text":
        return _text(path)
    kind_files = kind_of(preparation.kind).files
    return kind_files.read(path) if kind_files is not None else path


def _refuse_other_than_files(path: Path) -> None:
    """Raises UserError where there is no file, or a folder, a pipe or a device."""
    try:
        open_regular(path).close()
    except ValueError as error:  # a zero byte in its name
        raise UserError(f"There is no file '{readable(path)}'.", "Check the name.") from error
    except OSError as error:
        raise disk_error(error, path) from error


def _text(path: Path) -> str:
    try:
        return read_text(path)[0]
    except UnreadableText as error:
        raise UserError(
            f"'{readable(path.name)}' cannot be used: {error.reason}.", "Try another file."
        ) from error


# --- tables


def _table(
    path: Path, trained: Description, settings: DataSettings, check: Check
) -> PredictionInput:
    if trained.reading.inputs:
        table = read_as_trained(path, settings, trained, check)
        raws = tuple(raws_by_name(table, trained))
    else:
        # It was trained on no table. Choices for columns may stand in the settings all the same;
        # they are applied below, to the columns that are there.
        table = read_table(path, settings.replace(columns={}, target=None, missing={}))
        raws = tuple(_raws(table, trained.preparation, settings))

    check()
    if not raws:
        refuse_empty(table)

    return input_of_rows(table, raws)


def input_of_rows(table: Table, raws: tuple[Any, ...]) -> PredictionInput:
    """Returns the rows of a table as examples. raws: each as Predictor.read takes it."""
    names = tuple(table.row_name(row) for row in range(len(table)))
    told = tuple(map(table.told_of, range(len(table)))) if table.told else ()
    return PredictionInput(table.path, names, raws, table, many=True, told=told)


def refuse_empty(table: Table) -> None:
    """Raises UserError for a table without a row to answer."""
    if table.skipped:
        first = table.skipped[0]
        what = f"has no row that is an example: {first.path}: {first.reason}"
    else:
        what = "has a row of names but no other row" if table.dialect.header else "has no row"

    raise UserError(f"'{readable(table.path)}' {what}.", "Add the rows to be answered.")


def raws_by_name(table: Table, trained: Description) -> Iterable[Any]:
    """Returns the examples of a table, a row each, by the columns of the training."""
    preparation = trained.preparation
    inputs = [table.by_name[name] for name in trained.reading.inputs]
    if trained.reading.files:
        return named_files(table, inputs[0], preparation)
    if isinstance(preparation, RowPreparation):
        return _rows(table, preparation)
    if isinstance(preparation, SignalPreparation):
        return np.stack([column.numbers[0] for column in inputs], axis=1)

    halves = preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)
    cells = [
        cells_of(table, column, half.kind) for column, half in zip(inputs, halves, strict=True)
    ]
    return zip(*cells, strict=True) if len(cells) > 1 else cells[0]


def _raws(table: Table, preparation: Preparation, settings: DataSettings) -> Iterable[Any]:
    """Returns the examples of a table for a network that was trained on something else."""
    if isinstance(preparation, SignalPreparation):
        return _signals(table, preparation, settings)
    if isinstance(preparation, PairPreparation):
        kinds = tuple(half.kind for half in preparation.halves)
        return zip(*_columns_of(table, settings, kinds), strict=True)

    return _columns_of(table, settings, (preparation.kind,))[0]


def _rows(table: Table, preparation: RowPreparation) -> Iterator[dict[str, Any]]:
    names = [column.name for column in preparation.columns]
    for raw in table.raw_rows([column.name for column in preparation.categories]):
        yield {name: raw[name] for name in names}


def _signals(table: Table, preparation: SignalPreparation, settings: DataSettings) -> np.ndarray:
    """Returns (N, L): the columns of numbers, without those that are not part of the signal."""
    ignored = {
        *targets_in(settings),
        *(name for name, role in settings.columns.items() if role != "number"),
    }
    numbers = [column for column in table.columns if column.numeric and column.name not in ignored]

    # Where there are too many, a running number or an unnamed target stands first or last; the
    # samples of the signal are the columns with a number in their name.
    if len(numbers) > preparation.length:
        numbered = [column for column in numbers if any(sign.isdigit() for sign in column.name)]
        numbers = numbered if len(numbered) == preparation.length else numbers

    if len(numbers) < 2:
        raise UserError(
            f"'{readable(table.path)}' has no columns of numbers that make a signal.",
            "Check the file.",
        )

    return np.stack([column.numbers[0] for column in numbers], axis=1)


def _columns_of(table: Table, settings: DataSettings, kinds: tuple[str, ...]) -> list[list[Any]]:
    """Returns, for each kind of input, the cells of a column of it; pictures as paths.

    The column is the one chosen in training, else the first that fits. Paths of pictures are those
    beside the table.
    """
    columns = {name: role for name, role in settings.columns.items() if name in table.by_name}
    targets = [name for name in targets_in(settings) if name in table.by_name]
    roles = guess_roles(table, columns, targets)
    free = [column for column in table.columns if column.name not in targets]

    inputs: list[list[Any]] = []
    for kind in kinds:
        fitting = [column for column in free if roles[column.name].role == kind]
        if not fitting and kind == "text":  # short texts look like categories
            fitting = [
                column
                for column in free
                if column.kind == "text" and roles[column.name].role != "image"
            ]

        if not fitting:
            contents = {"image": "paths of pictures"}.get(kind, f"{kind}s")
            raise UserError(
                f"'{readable(table.path)}' has no column of {contents}.",
                "Add one, or check the file.",
            )

        free.remove(fitting[0])
        inputs.append(cells_of(table, fitting[0], kind))

    return inputs


# --- arrays


def _arrays(path: Path, trained: Description) -> PredictionInput:
    """Reads the examples of the array that the network was trained on, from all its splits.

    In a file without names it is the first of their form. Pictures are (N, H, W[, 3]), signals
    (N, L) or (N, C, L).
    """
    preparation = trained.preparation
    if preparation.kind not in ("image", "signal"):
        raise UserError(
            f"'{readable(path.name)}' holds arrays; this network does not read such.",
            "Give a table.",
        )

    sizes = (3, 4) if preparation.kind == "image" else (2, 3)
    names: list[str] = []
    raws: list[Any] = []
    remarks: list[str] = []
    for key, array in trained_arrays(path, trained, sizes):
        names += [f"{key}#{number + 1}" for number in range(len(array))]
        examples, on_each = raws_of_array(path, array, trained)
        raws += examples
        remarks += on_each

    if not raws:
        raise UserError(
            f"'{readable(path.name)}' holds no array of {FORMS[preparation.kind]}"
            f"{shapes_text(path)}.",
            "Save the examples one behind the other, also a single one.",
        )

    return PredictionInput(str(path), tuple(names), tuple(raws), many=True, told=tuple(remarks))
