"""The settings of [data]: where the examples are, how they are read and how they are divided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from app.engine.experiment.limits import LARGEST_SEED
from app.engine.learning.tasks import TASKS
from models.spec import Spec, setting

if TYPE_CHECKING:
    TaskKind = str
else:
    # What there is follows from the files in learning/tasks; a type checker cannot know it.
    TaskKind = Literal[tuple(TASKS)]

Role = Literal["target", "number", "category", "text", "image", "group", "ignore"]
Missing = Literal["median", "mean", "zero", "category", "drop"]
LetterK = Literal["thousands", "kelvins"]
Labels = Literal["folder", "last-folder", "name", "tags", "crops"]

MOST_PIXELS = 16_384
"""Of a side: more than a camera's pictures have."""

MOST_SKIPPED = 10_000
"""Rows above or below a table: more are a table of their own."""

PICTURES = ("image", "pair")
"""The kinds of input that settings of pictures concern."""

TABLES = ("row", "signal", "text", "image", "pair")
"""The kinds of input that a table can hold."""

FILES = ("image", "text", "signal")
"""The kinds of input that can be files in folders of their classes."""

TEXTS = ("text", "pair")
"""The kinds of input that settings of texts concern."""

TAGGED = tuple(kind for kind, task in TASKS.items() if task.targets == "tags")
"""The tasks that settings of tags concern."""

RESTORED = tuple(kind for kind, task in TASKS.items() if task.answers == "copy")
"""The tasks in which a damaged example is restored."""


class DataSettings(Spec):
    """Says where the examples are and how they are read and divided: [data]."""

    source: str = setting(
        "",
        label="Data",
        help="A folder or file; 'sample:NAME' for a built-in data set.",
    )
    task: TaskKind | None = setting(
        None,
        label="Task",
        help="What is predicted. Left open, it follows the loss and the data.",
        choices={kind: task.label for kind, task in TASKS.items()},
        advanced=True,
    )
    target: list[str] | str | None = setting(
        None,
        label="Target",
        advanced=True,
        help="The column of a table, the array of a file, or several, to predict. Left open, it is "
        "guessed.",
    )
    inputs: list[str] | str | None = setting(
        None,
        label="Inputs",
        advanced=True,
        help="The columns of a table, or the array of a file, to predict from. Left open, they are "
        "guessed.",
    )
    labels: Labels | None = setting(
        None,
        label="Classes come from",
        applies=FILES,
        choices={
            "folder": "The outer folders",
            "last-folder": "The innermost folders",
            "name": "The files' names, before their number",
            "tags": "The label files of boxes, as tags of each picture",
            "crops": "The label files of boxes, each box a picture of its own",
        },
        help="For a folder of files: what says the class of each. Left open, it follows the "
        "folders; splits and parts such as 'fold1' are no classes.",
    )
    columns: dict[str, Role] = setting(
        {},
        label="Columns",
        advanced=True,
        applies=TABLES,
        help="For a table: what each column is. What is not named is guessed; identifiers and "
        "constants are ignored.",
    )
    missing: dict[str, Missing] = setting(
        {},
        label="Missing values",
        advanced=True,
        applies=TABLES,
        help="For a table: what happens where a column has no value. Left open, numbers get the "
        "median of training.",
    )
    delimiter: str | None = setting(
        None,
        label="Delimiter",
        advanced=True,
        applies=TABLES,
        choices={
            ",": "Comma",
            ";": "Semicolon",
            "\t": "Tab",
            "|": "Bar",
            " ": "Space",
            "  ": "Aligned by spaces",
        },
        help="The character between the cells of a text table. Left open, it is detected.",
    )
    decimal: Literal[".", ","] | None = setting(
        None,
        label="Decimals",
        advanced=True,
        applies=TABLES,
        choices={".": "Point (1.5)", ",": "Comma (1,5)"},
        help="The character before the decimals of a number. Left open, it is detected.",
    )
    thousands: Literal["", ",", ".", " ", "'"] | None = setting(
        None,
        label="Thousands",
        advanced=True,
        applies=TABLES,
        choices={
            "": "Nothing (1000)",
            ",": "Comma (1,000)",
            ".": "Point (1.000)",
            " ": "Space (1 000)",
            "'": "Apostrophe (1'000)",
        },
        help="The character between the thousands of a number. Left open, it is detected.",
    )
    letter_k: LetterK | None = setting(
        None,
        label="K behind numbers",
        advanced=True,
        applies=TABLES,
        choices={"thousands": "Thousands (5K is 5,000)", "kelvins": "Kelvins (a temperature)"},
        help="What a K behind the numbers of a column stands for, where that is in doubt. Left "
        "open, it is found out.",
    )
    encoding: str | None = setting(
        None,
        label="Encoding",
        advanced=True,
        applies=TABLES,
        choices={
            "utf-8": "UTF-8",
            "utf-8-sig": "UTF-8 with BOM",
            "utf-16": "UTF-16",
            "cp1252": "Windows, western",
            "cp1250": "Windows, central Europe",
            "cp1251": "Windows, Cyrillic",
            "latin-1": "ISO 8859-1",
        },
        help="How the characters of a text file are stored. Left open, it is detected.",
    )
    header: bool | None = setting(
        None,
        label="First row has the names",
        advanced=True,
        applies=TABLES,
        help="Whether the first row names the columns. Left open, it is detected.",
    )
    skip_rows: int | None = setting(
        None,
        label="Rows above the names",
        unit="rows",
        ge=0,
        le=MOST_SKIPPED,
        advanced=True,
        applies=TABLES,
        help="How many rows of a text table or sheet come before the names, such as a title. They "
        "are left out. Left open, they are found.",
    )
    second_row: Literal["example", "units", "names", "types"] | None = setting(
        None,
        label="Row below the names",
        advanced=True,
        applies=TABLES,
        choices={
            "example": "An example",
            "units": "The units",
            "names": "More of the names",
            "types": "Left out",
        },
        help="What the row below the names is. Left open, it is detected.",
    )
    skip_footer: int | None = setting(
        None,
        label="Rows below the table",
        unit="rows",
        ge=0,
        le=MOST_SKIPPED,
        advanced=True,
        applies=TABLES,
        help="How many rows at the end, such as totals and notes, are left out. Left open, they "
        "are found.",
    )
    comment: str | None = setting(
        None,
        label="Comments begin with",
        advanced=True,
        applies=TABLES,
        choices={"": "Nothing", "#": "#", "%": "%", "//": "//"},
        help="Lines of a text table that begin with this are left out. Left open, lines that "
        "begin with # and are not rows.",
    )
    sheet: str | None = setting(
        None,
        label="Sheet",
        advanced=True,
        applies=TABLES,
        help="Of a spreadsheet: which sheet. Left open, the first.",
    )
    separator: str | None = setting(
        None,
        label="Between tags",
        advanced=True,
        applies=TAGGED,
        help="The character between several tags in one cell, such as ';' or ','. Left open, it is "
        "detected.",
    )
    rows_are: Literal["row", "signal"] = setting(
        "row",
        label="A row is",
        advanced=True,
        applies=("row", "signal"),
        choices={"row": "Several values", "signal": "One signal, value after value"},
        help="Whether the numbers of a table's row are separate values, or follow one another in "
        "time.",
    )
    tokens: Literal["bpe", "bytes"] | None = setting(
        None,
        label="Tokens",
        applies=TEXTS,
        choices={"bpe": "Parts of words (BPE)", "bytes": "Single bytes"},
        help="Into what pieces a text is cut. Parts of words are learned from the training "
        "texts; bytes need no learning and make longer texts.",
    )
    vocabulary: int = setting(
        4096,
        label="Vocabulary",
        unit="tokens",
        ge=300,
        le=65_536,
        step=512,
        advanced=True,
        applies=TEXTS,
        help="How many parts of words are learned.",
    )
    context: int | None = setting(
        None,
        label="Longest text",
        unit="tokens",
        ge=4,
        le=4096,
        step=32,
        applies=TEXTS,
        help="Texts are cut after so many tokens; for language modelling, how far back the network "
        "sees.",
    )
    damage: Literal["mask", "noise"] = setting(
        "mask",
        label="Damage",
        applies=RESTORED,
        choices={"mask": "Parts are hidden", "noise": "Noise is added"},
        help="What is done to an example that the network must restore.",
    )
    damage_share: float = setting(
        0.5,
        label="How much",
        unit="of the example",
        gt=0.0,
        lt=1.0,
        step=0.05,
        applies=RESTORED,
        help="The share that is hidden, or the strength of the noise in standard deviations.",
    )
    height: int | None = setting(
        None,
        label="Height",
        unit="pixels",
        ge=4,
        le=MOST_PIXELS,
        step=4,
        applies=PICTURES,
        help="Pictures are brought to this height. Larger shows more and costs time and memory in "
        "proportion.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="pixels",
        ge=4,
        le=MOST_PIXELS,
        step=4,
        applies=PICTURES,
        help="Pictures are brought to this width.",
    )
    fit: Literal["crop", "fit", "stretch"] = setting(
        "crop",
        label="Other proportions",
        applies=PICTURES,
        help="What happens to a picture of other proportions.",
        choices={
            "crop": "Fill and cut off the edges",
            "fit": "Show all, with a margin",
            "stretch": "Stretch",
        },
    )
    colour: Literal["grey", "colour"] | None = setting(
        None,
        label="Colour",
        choices={"grey": "Grey (1 channel)", "colour": "Colour (3 channels)"},
        applies=PICTURES,
        help="Whether the network sees colours. Left open, grey only if all pictures are grey.",
    )
    values: Literal["depth", "training", "percentiles"] | None = setting(
        None,
        label="Range of values",
        advanced=True,
        applies=PICTURES,
        choices={
            "depth": "All that the file can hold",
            "training": "From the smallest to the largest in training",
            "percentiles": "Percentiles 1 to 99 (microscopy)",
        },
        help="For pictures of more than 8 bits, and arrays: which values become black and "
        "white. Left open, it is their full depth: 4,095 for a camera of 12 bits.",
    )
    pages: Literal["first", "each", "maximum"] | None = setting(
        None,
        label="Pages",
        advanced=True,
        applies=PICTURES,
        choices={
            "first": "The first page",
            "each": "Each page, a picture of its own",
            "maximum": "Maximum projection",
        },
        help="What is read of a file of several pages (TIFF, DICOM). Pages of one file never stand "
        "on both sides of a split.",
    )
    validation_share: float | None = setting(
        None,
        label="Validation",
        unit="of the examples",
        gt=0.0,
        lt=0.9,
        step=0.05,
        help="Kept aside to judge every epoch. Left open, a tenth, at most 3,000; unused when the "
        "data have a validation folder of their own.",
    )
    test_share: float = setting(
        0.1,
        label="Test",
        unit="of the examples",
        ge=0.0,
        lt=0.9,
        step=0.05,
        help="Kept apart until the very end and never used to choose anything; unused when the "
        "data have a test set.",
    )
    group: Literal["none", "folder", "name"] = setting(
        "none",
        label="Keep together",
        advanced=True,
        choices={
            "none": "Nothing",
            "folder": "Files in one sub-folder",
            "name": "Names that differ in the number",
        },
        help="Examples of one group (frames of one film) never stand on both sides of a split.",
    )
    split_seed: int = setting(
        0,
        label="Split number",
        ge=0,
        le=LARGEST_SEED,
        advanced=True,
        help="Another number divides the examples in another way.",
    )
    revision: str | None = setting(
        None,
        label="Revision",
        advanced=True,
        help="A file of changes: examples with another label, and examples that are left out. The "
        "files of the data stay as they are.",
    )
