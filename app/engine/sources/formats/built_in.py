"""The built-in datasets, whose sources are "sample:NAME"."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.splits import TEST, TRAINING, UNASSIGNED
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources import formats
from app.engine.sources.format import Check, Format, OpenOptions
from app.engine.sources.loaded import Examples, Part
from app.engine.sources.parts.pictures import PicturePart, with_trained_size
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.picture_decoding import decode_pictures
from app.engine.sources.picture_format import PictureFormat
from app.engine.sources.picture_list import PictureList, ScanResult
from app.engine.sources.samples import PREFIX, SAMPLES, Sample, content
from app.engine.sources.targets import encode_classes, pair_targets, targets_for_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.experiment.data_settings import DataSettings


class BuiltIn(Format):
    """Opens samples by the parts and formats that open a person's own data."""

    kind = "built-in"
    label = "Built-in"
    order = 10

    def matches(self, source: str) -> bool:
        return source.startswith(PREFIX)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        sample = _find(source)
        try:
            return OPENERS[sample.form](sample, data, options)
        except (OSError, KeyError) as error:
            raise UserError(
                f"The built-in data set '{sample.name}' is missing from this installation.",
                "Install Netwright again.",
                "data.source",
            ) from error


def _find(source: str) -> Sample:
    """Raises UserError for a name that no sample has."""
    name = source.removeprefix(PREFIX)
    if name not in SAMPLES:
        near = difflib.get_close_matches(name, SAMPLES, n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(SAMPLES)}."
        raise UserError(f"There is no built-in data set '{name}'.", remedy, "data.source")

    return SAMPLES[name]


class Pictures(PictureFormat):
    """Lists the pictures of samples that have one class each."""

    kind = "built-in"
    label = BuiltIn.label
    cached = False

    def matches(self, source: str) -> bool:  # noqa: ARG002 - only BuiltIn opens it
        return False

    def scan(
        self,
        source: str,
        data: DataSettings,  # noqa: ARG002 - a sample is what it is
        check: Check,  # noqa: ARG002 - it is read at once
    ) -> ScanResult:
        name = source.removeprefix(PREFIX)
        return ScanResult(((source, 0, 0, 0),), lambda: _picture_list(name))


def _picture_list(name: str) -> PictureList:
    sample = content.load(name)
    total = len(sample.targets)

    predefined_splits = np.full(total, UNASSIGNED, np.int8)
    if sample.test:
        predefined_splits[: -sample.test] = TRAINING
        predefined_splits[-sample.test :] = TEST

    return PictureList(
        sample.classes, _names(name, total), sample.targets, predefined_splits, array=sample.images
    )


def _pictures(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    return Pictures().open(sample.source, data, options)


def table_settings(sample: Sample, data: DataSettings) -> DataSettings:
    """Returns the settings, with those of the sample where they are left open."""
    own = data.target is None
    return data.replace(
        task=data.task or (sample.task if own else None),
        target=sample.target if own else data.target,
        columns={**sample.columns, **data.columns},
        delimiter=data.delimiter or ",",
        decimal=data.decimal or ".",
        encoding=data.encoding or "utf-8",
        header=True if data.header is None else data.header,
    )


def _table(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    """Opens a sample by the format of tables."""
    return _by_format(content.table_path(sample.name), table_settings(sample, data), options)


def _sentences(sample: Sample, data: DataSettings, _options: OpenOptions) -> Examples:
    texts, labels = content.load_sentences(sample.name)
    return _classified(sample, data, TextPart(texts, data), *encode_classes(labels))


def _signals(sample: Sample, data: DataSettings, _options: OpenOptions) -> Examples:
    values, targets, classes = content.load_signals(sample.name)
    return _classified(sample, data, SignalPart(values), classes, targets)


def _captions(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    """Opens pairs of picture and text, or where the task takes no pairs, pictures of groups."""
    captioned = content.load_captioned(sample.name)
    texts = captioned.texts
    total = len(texts)
    picture_list = PictureList(
        (),
        texts,
        np.zeros(total, np.int64),
        np.full(total, UNASSIGNED, np.int8),
        array=captioned.images,
    )

    settings = with_trained_size(data, options.reuse_preparation)
    decoded = decode_pictures(picture_list, settings, None, options.progress, options.check)
    pictures = PicturePart(decoded.inputs, decoded.preparation)

    task_kind = data.task or sample.task
    if not task(task_kind).pairs:
        return _classified(sample, data, pictures, *encode_classes(captioned.groups), names=texts)

    return Examples(
        task_kind,
        (pictures, TextPart(texts, data)),
        pair_targets(texts),
        picture_list.predefined_splits,
        texts,
        notes=decoded.notes,
        names_of_halves=("picture", "text"),
    )


def _book(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    """Unpacks a book into a file, which the format of long texts reads."""
    with tempfile.TemporaryDirectory(prefix="netwright-") as folder:
        path = Path(folder) / f"{sample.name}.txt"
        path.write_text(content.load_book(sample.name), encoding="utf-8", newline="")
        return _by_format(path, data.replace(encoding="utf-8"), options)


def _by_format(path: Path, data: DataSettings, options: OpenOptions) -> Examples:
    """Opens a file as if it were a person's own."""
    source_format = formats.find(str(path))
    if source_format is None:
        raise FileNotFoundError(path)

    return source_format.open(str(path), data, options)


def _classified(
    sample: Sample,
    data: DataSettings,
    part: Part,
    classes: tuple[str, ...],
    numbers: np.ndarray,
    names: list[str] | None = None,
) -> Examples:
    """Examples with one class each. numbers: (N,) int64 of the classes."""
    task_kind = data.task or ("classification" if sample.task == "matching" else sample.task)
    total = len(numbers)
    return Examples(
        task_kind,
        (part,),
        targets_for_task(task(task_kind), classes, numbers),
        np.full(total, UNASSIGNED, np.int8),
        names or _names(sample.name, total),
    )


def _names(name: str, total: int) -> list[str]:
    return [f"{name} #{number}" for number in range(1, total + 1)]


OPENERS: dict[str, Callable[[Sample, DataSettings, OpenOptions], Examples]] = {
    "pictures": _pictures,
    "table": _table,
    "sentences": _sentences,
    "book": _book,
    "captions": _captions,
    "signals": _signals,
}

FORMAT = BuiltIn()
