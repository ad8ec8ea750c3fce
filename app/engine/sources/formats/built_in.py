"""The built-in datasets: "sample:NAME"."""

from __future__ import annotations

import difflib
import lzma
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import SPLITS
from app.engine.data.splits import FREE
from app.engine.errors import UserError
from app.engine.learning.tasks import task
from app.engine.sources import formats
from app.engine.sources.format import Check, Format, OpenOptions, encode_classes
from app.engine.sources.loaded import Examples, Part
from app.engine.sources.parts.pictures import PicturePart, as_trained
from app.engine.sources.picture_decoding import PictureFormat
from app.engine.sources.picture_list import PictureList, Scan
from app.engine.sources.picture_reading import read
from app.engine.sources.samples import PREFIX, SAMPLES, Sample, content
from app.engine.sources.targets import labelled, partners_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.experiment.data_settings import DataSettings


class BuiltIn(Format):
    """Every sample is opened as its content is kept, by the same parts and formats as a person's
    own data.
    """

    kind = "built-in"
    label = "Built-in"
    order = 10

    def matches(self, source: str) -> bool:
        return source.startswith(PREFIX)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        sample = _find(source)
        try:
            return OPENERS[sample.form](sample, data, options)
        except (OSError, ValueError, KeyError, EOFError, lzma.LZMAError) as error:
            raise UserError(
                f"The built-in data set '{sample.name}' is missing from this installation.",
                "Install Netwright again.",
                "data.source",
            ) from error


def _find(source: str) -> Sample:
    name = source.removeprefix(PREFIX)
    if name not in SAMPLES:
        near = difflib.get_close_matches(name, SAMPLES, n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(SAMPLES)}."
        raise UserError(f"There is no built-in data set '{name}'.", remedy, "data.source")

    return SAMPLES[name]


class Pictures(PictureFormat):
    """Pictures with a class each."""

    kind = "built-in"
    label = BuiltIn.label
    cached = False

    def matches(self, source: str) -> bool:
        return False

    def scan(self, source: str, data: DataSettings, check: Check) -> Scan:
        name = source.removeprefix(PREFIX)
        return Scan(((source, 0, 0),), lambda: _picture_list(name))


def _picture_list(name: str) -> PictureList:
    found = content.load(name)
    total = len(found.targets)

    hints = np.full(total, FREE, np.int8)
    if found.test:
        hints[: -found.test] = SPLITS.index("training")
        hints[-found.test :] = SPLITS.index("test")

    return PictureList(found.classes, _names(name, total), found.targets, hints, array=found.images)


def _pictures(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    return Pictures().open(sample.source, data, options)


def table_settings(sample: Sample, data: DataSettings) -> DataSettings:
    """The sample's own settings where the person left them open."""
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
    """By the format of tables."""
    return _by_format(content.table_path(sample.name), table_settings(sample, data), options)


def _sentences(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    from app.engine.sources.parts.texts import TextPart

    texts, labels = content.load_sentences(sample.name)
    return _classified(sample, data, TextPart(texts, data), *encode_classes(labels))


def _signals(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    from app.engine.sources.parts.signals import SignalPart

    values, targets, classes = content.load_signals(sample.name)
    return _classified(sample, data, SignalPart(values), classes, targets)


def _captions(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    """Pairs of picture and text; where the task takes no pairs, pictures of several groups."""
    from app.engine.sources.parts.texts import TextPart

    found = content.load_captioned(sample.name)
    total = len(found.texts)
    picture_list = PictureList(
        (),
        found.texts,
        np.zeros(total, np.int64),
        np.full(total, FREE, np.int8),
        array=found.images,
    )

    reading = read(
        picture_list,
        as_trained(data, options.reuse_preparation),
        None,
        options.progress,
        options.check,
    )
    pictures = PicturePart(reading.inputs, reading.preparation)

    kind = data.task or sample.task
    if not task(kind).pairs:
        return _classified(sample, data, pictures, *encode_classes(found.groups), names=found.texts)

    return Examples(
        kind,
        (pictures, TextPart(found.texts, data)),
        partners_of(found.texts),
        picture_list.hints,
        found.texts,
        notes=reading.notes,
        names_of_halves=("picture", "text"),
    )


def _book(sample: Sample, data: DataSettings, options: OpenOptions) -> Examples:
    """Unpacked into a file of its own, which the format of long texts reads."""
    with tempfile.TemporaryDirectory(prefix="netwright-") as folder:
        path = Path(folder) / f"{sample.name}.txt"
        path.write_text(content.load_book(sample.name), encoding="utf-8", newline="")
        return _by_format(path, data.replace(encoding="utf-8"), options)


def _by_format(path: Path, data: DataSettings, options: OpenOptions) -> Examples:
    """As the file would be opened if it were a person's own."""
    form = formats.find(str(path))
    if form is None:
        raise FileNotFoundError(path)

    return form.open(str(path), data, options)


def _classified(
    sample: Sample,
    data: DataSettings,
    part: Part,
    classes: tuple[str, ...],
    numbers: np.ndarray,
    names: list[str] | None = None,
) -> Examples:
    kind = data.task or ("classification" if sample.task == "matching" else sample.task)
    total = len(numbers)
    return Examples(
        kind,
        (part,),
        labelled(task(kind), classes, numbers),
        np.full(total, FREE, np.int8),
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
