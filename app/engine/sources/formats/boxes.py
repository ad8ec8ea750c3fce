"""A set of pictures with boxes: YOLO, COCO or Pascal VOC.

Each picture has the classes of its boxes as tags, or each box is a picture of one class.

Where boxes stand is not learned. Without a choice such a folder is refused, unless its folders are
classes beside the boxes.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import natural, readable
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.splits import UNASSIGNED
from app.engine.errors import UserError
from app.engine.files import open_regular
from app.engine.learning.tasks import TASKS
from app.engine.learning.tasks import task as task_of
from app.engine.sources.boxes import coco, voc, yolo
from app.engine.sources.boxes.box_labels import BoxLabels, label_stems
from app.engine.sources.boxes.crops import cut_out
from app.engine.sources.folder_walk import FolderWalk, is_junk
from app.engine.sources.format import Format, OpenOptions
from app.engine.sources.formats import image_folder
from app.engine.sources.layout.find_layout import layout_of_folders
from app.engine.sources.layout.folder_words import folder_split
from app.engine.sources.loaded import Examples
from app.engine.sources.parts.pictures import picture_part
from app.engine.sources.targets import (
    Targets,
    encode_classes,
    targets_for_task,
    targets_from_labels,
    targets_from_tags,
)
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from app.engine.experiment.data_settings import DataSettings

FORMS: dict[str, ModuleType] = {form.SUFFIX: form for form in (yolo, voc, coco)}
"""The readers of label files, by the ending of these."""

SAMPLE = 3_000
OF_A_FOLDER = 200
"""At most so many files, and of each folder, tell whether there are label files.

Pictures and labels may stand in folders of their own, with thousands in each.
"""

PROBED = 5
"""So many files of an ending are looked into."""

CROPS_TASK = "classification"
DEFAULT_TASK = next(kind for kind, task in TASKS.items() if task.targets == "tags")


class BoxWalk(FolderWalk):
    """Finds pictures and everything that may be a label file, or names classes or splits."""

    def refusal(self, name: str) -> tuple[str, bool] | None:
        others = (*FORMS, ".yaml", ".yml", ".names", ".labels")
        return None if name.lower().endswith(others) else super().refusal(name)


class Boxes(Format):
    """Reads pictures with the classes of their boxes as tags."""

    kind = "boxes"
    label = "Pictures with boxes"
    order = 42

    def matches(self, source: str) -> bool:
        if not os.path.isdir(source):
            return False

        paths = _names_below(source)
        return _form_of(paths, Path(source)) is not None and not _has_class_folders(paths)

    def open(self, source: str, data: DataSettings, options: OpenOptions) -> Examples:
        options.progress("Looking for pictures and labels", 0, 0)
        walk = BoxWalk(source)
        walk.run(options.check)
        paths = [walk.below(file.path).replace(os.sep, "/") for file in walk.files]
        pictures = [path for path in paths if _is_picture(path)]
        form = _form_of(sorted(paths), Path(source))

        if form is None or data.labels not in (None, "tags", "crops"):
            return image_folder.FORMAT.open(source, data, options)

        files = {path.casefold(): path for path in paths if not _is_picture(path)}
        labels: BoxLabels = form.read(Path(source), sorted(pictures), files, options.check)
        if data.labels is None:
            raise question(source, labels)

        junk = [item for item in walk.skipped if item.ignored]
        if data.labels == "crops":
            return cut_examples(source, labels, data, options, junk)
        return tagged_examples(source, labels, data, options, junk)


def _has_class_folders(paths: list[str]) -> bool:
    """Returns whether the folders of pictures are classes; then the boxes beside are not read."""
    folders = Counter(tuple(path.split("/")[:-1]) for path in paths if _is_picture(path))
    layout = layout_of_folders(folders)
    return len({layout.place(parts).label for parts in folders} - {""}) > 1


def _is_picture(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in PICTURES


def _names_below(source: str) -> list[str]:
    """Returns the first thousands of files below a folder, by their paths below it."""

    def names() -> Iterable[str]:
        for folder, folders, files in os.walk(source):
            folders[:] = sorted(name for name in folders if not is_junk(name))
            below = os.path.relpath(folder, source).replace(os.sep, "/")
            prefix = "" if below == "." else f"{below}/"
            visible = (name for name in sorted(files) if not is_junk(name))
            yield from (prefix + name for name in islice(visible, OF_A_FOLDER))

    return list(islice(names(), SAMPLE))


def _form_of(paths: list[str], root: Path) -> ModuleType | None:
    """Returns the reader of the label files among these, None where there are none.

    A text or an XML file is one only where a picture has its name.
    """
    stems = {stem for path in paths if _is_picture(path) for stem in label_stems(path)}
    if not stems:
        return None

    for suffix, form in FORMS.items():
        candidates = [
            path
            for path in paths
            if path.lower().endswith(suffix)
            and (form is coco or os.path.splitext(path)[0].casefold() in stems)
        ]
        probed = [form.is_label(_beginning(root / path)) for path in candidates[:PROBED]]
        if probed and (any(probed) if form is coco else 2 * sum(probed) > len(probed)):
            return form

    return None


def _beginning(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(4096)
    except OSError:
        return b""


def question(source: str, labels: BoxLabels) -> UserError:
    """Returns the error for pictures with boxes, which says what can be done with them."""
    classes = natural(name for names in labels.tags.values() for name in names)
    example = f", such as '{readable(labels.label_files[0])}'" if labels.label_files else ""
    return UserError(
        f"'{readable(source)}' is a set of {len(labels.tags):,} pictures with boxes of "
        f"{names_text(classes, 3)} (label files of {labels.form}{example}); no folder of it is a "
        "class.",
        'Choose labels = "tags" under [data]: each picture then has the classes of its boxes as '
        'tags; or labels = "crops": the boxes are cut out, and each is a picture of one class. '
        "Where the boxes are is not learned.",
        "data.labels",
    )


def tagged_examples(
    source: str,
    labels: BoxLabels,
    data: DataSettings,
    options: OpenOptions,
    ignored: Iterable[Skipped] = (),
    note: str = "",
) -> Examples:
    """Returns the examples of pictures with these tags.

    The task is as requested, else that of tags. note: on what the tags are. Raises UserError where
    no picture can be used, or the tags do not fit the task.
    """
    names = list(labels.tags)
    root = Path(source) if os.path.isdir(source) else Path(source).parent
    part, rows, unreadable, notes = picture_part(
        [root / name for name in names], data, options, [readable(name) for name in names]
    )
    read = [names[row] for row in rows.tolist()]
    if not read:
        first = (*unreadable, *labels.skipped, Skipped("", ""))[0]
        raise UserError(
            f"None of the pictures with boxes in '{readable(source)}' could be used; "
            f"'{first.path}': {first.reason}.",
            "Check the label files.",
            "data.source",
        )

    task_kind = data.task or DEFAULT_TASK
    tags = [labels.tags[name] for name in read]
    splits = [_split(name, labels) for name in read]
    groups = [readable(os.path.dirname(name)) for name in read] if data.group == "folder" else None
    return Examples(
        task_kind,
        (part,),
        _targets(source, task_kind, tags, read),
        np.array(splits, np.int8),
        [readable(name) for name in read],
        groups,
        (*labels.skipped, *unreadable, *ignored),
        (*notes, *_notes(labels, tags, note)),
    )


def cut_examples(
    source: str,
    labels: BoxLabels,
    data: DataSettings,
    options: OpenOptions,
    ignored: Iterable[Skipped] = (),
) -> Examples:
    """Returns the examples of the boxes, each cut out of its picture.

    Those of one picture stay in one split. Raises UserError where no box can be used.
    """
    crops = cut_out(Path(source), labels, options)
    if not crops.contents:
        first = (*crops.skipped, *labels.skipped, Skipped("", "it has no box"))[0]
        raise UserError(
            f"No box of '{readable(source)}' could be cut out; '{first.path}': {first.reason}.",
            "Check the label files.",
            "data.source",
        )

    part, rows, unreadable, notes = picture_part(crops.contents, data, options, crops.names)
    kept = rows.tolist()
    pictures = [crops.pictures[row] for row in kept]
    classes, numbers = encode_classes([crops.classes[row] for row in kept])
    task_kind = data.task or CROPS_TASK
    note = (
        f"{len(kept):,} boxes are cut out of {len(set(pictures)):,} pictures (label files of "
        f"{labels.form}). Those of one picture stay in one split; a later picture is taken for one "
        "box."
    )
    folders = [readable(os.path.dirname(path)) for path in pictures]
    return Examples(
        task_kind,
        (part,),
        targets_for_task(task_of(task_kind), classes, numbers),
        np.array([_split(path, labels) for path in pictures], np.int8),
        [crops.names[row] for row in kept],
        folders if data.group == "folder" else pictures,
        (*labels.skipped, *crops.skipped, *unreadable, *ignored),
        (*notes, note),
    )


def _split(name: str, labels: BoxLabels) -> int:
    """Returns the split of a picture, from lists or from the folders that it stands in."""
    if name in labels.splits:
        return labels.splits[name]

    found = [folder_split(part) for part in name.split("/")[:-1]]
    return next((split for split in found if split != UNASSIGNED), UNASSIGNED)


def _targets(source: str, task_kind: str, tags: list[tuple[str, ...]], names: list[str]) -> Targets:
    """Returns the tags, or the one class of each picture where the task has classes."""
    task = task_of(task_kind)
    if task.targets == "classes":
        several = next((index for index, own in enumerate(tags) if len(own) != 1), None)
        if several is None:
            return targets_from_labels([own[0] for own in tags])

        found = names_text(tags[several], 3) if tags[several] else "none"
        raise UserError(
            f"One class is to be predicted, but '{readable(names[several])}' in "
            f"'{readable(source)}' is of {found}.",
            f"Choose '{task_of(DEFAULT_TASK).label}' as the task.",
            "data.task",
        )

    if task.targets != "tags":
        raise UserError(
            f"{task.label} does not go with pictures with boxes.",
            "Choose another task.",
            "data.task",
        )
    if not any(tags):
        raise UserError(
            f"No picture in '{readable(source)}' has a box.",
            "Check the label files.",
            "data.source",
        )

    return targets_from_tags(tags)


def _notes(labels: BoxLabels, tags: list[tuple[str, ...]], note: str) -> list[str]:
    counts = Counter(len(own) for own in tags)
    of_boxes = f"The tags of a picture are the classes of its boxes (label files of {labels.form})."
    notes = [note or of_boxes]
    if counts[0]:
        word = "picture has" if counts[0] == 1 else "pictures have"
        notes.append(f"{counts[0]:,} {word} {'no tag' if note else 'no box, and so no tag'}.")

    return notes


FORMAT = Boxes()
