"""Lists the built-in datasets: what each is, where it is from, and what to expect of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PREFIX = "sample:"
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class OpenData:
    """Data that are too large to be built in.

    command: installs them on Debian and Ubuntu. then: what to do afterwards, a sentence.
    """

    name: str
    title: str
    summary: str
    command: str
    then: str
    licence: str


MORE_DATA = (
    OpenData(
        "fashion",
        "Fashion-MNIST, complete",
        "70,000 grey pictures of clothes, shoes and bags in 10 classes.",
        "apt-get install dataset-fashion-mnist",
        f"Then open the folder {FASHION_FOLDER}.",
        "MIT",
    ),
    OpenData(
        "drawings",
        "Drawings",
        "8,121 drawings in 22 topics, to tell apart.",
        "apt-get install openclipart-png",
        "Then open the folder /usr/share/openclipart/png.",
        "Public domain",
    ),
    OpenData(
        "stamps",
        "Pictures with texts",
        "785 pictures with a text each, to find out which belong together.",
        "apt-get install tuxpaint-stamps-default",
        "Then open the folder /usr/share/tuxpaint/stamps.",
        "GPL-2",
    ),
    OpenData(
        "definitions",
        "Definitions",
        "117,659 definitions of words in 45 topics, to tell apart.",
        "apt-get install wordnet-base\n"
        'awk -F\'|\' \'!/^  /{split($1, a, " "); gsub(/"/, "", $2); '
        'print "topic " a[2] "\\t" $2}\' '
        "/usr/share/wordnet/data.* > glosses.tsv",
        "Then open the file glosses.tsv in the terminal's folder.",
        "WordNet 3.0",
    ),
)


@dataclass(frozen=True)
class Sample:
    """A built-in dataset.

    expectation: what to expect of a network, for a person. source_note: where it is from. kind: of
    its inputs, "pair" for picture and text. task: what it is made for. form: how its content is
    stored, which decides how it is opened. target and columns: of a table, as in [data].
    """

    name: str
    label: str
    summary: str
    expectation: str
    licence: str
    source_note: str
    kind: Literal["image", "row", "text", "signal", "pair"] = "image"
    task: str = "classification"
    form: Literal["pictures", "table", "sentences", "book", "captions", "signals"] = "pictures"
    target: str | None = None
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """What stands in an experiment file as data.source."""
        return PREFIX + self.name


def _table(
    name: str,
    label: str,
    summary: str,
    expectation: str,
    licence: str,
    source_note: str,
    *,
    target: str,
    task: str = "classification",
    columns: dict[str, str] | None = None,
) -> Sample:
    return Sample(
        name,
        label,
        summary,
        expectation,
        licence,
        source_note,
        "row",
        task,
        "table",
        target,
        columns or {},
    )


_PICTURES = (
    Sample(
        "digits",
        "Handwritten digits",
        "1,797 grey pictures of the digits 0 to 9, 8 × 8 pixels: trains in seconds.",
        "Expect 97 to 99 % right.",
        "CC BY 4.0",
        "The test part of UCI's Optical Recognition of Handwritten Digits (E. Alpaydin, C. "
        "Kaynak, 1998), as scikit-learn ships it.",
    ),
    Sample(
        "fashion",
        "Fashion-MNIST, a slice",
        "6,000 grey pictures of clothes, shoes and bags in 10 classes, 28 × 28 pixels.",
        "Expect 88 to 91 % right; the full set reaches 94 %.",
        "MIT",
        "The first 500 training and 100 test pictures of each class of Fashion-MNIST (Zalando SE, "
        "2017).",
    ),
    Sample(
        "shapes",
        "Coloured shapes",
        "1,200 colour pictures of six shapes at any size, angle and colour, 32 × 32 pixels.",
        "Expect 97 % right or more.",
        "CC0",
        "Drawn by this program, the same pictures every time.",
    ),
)

_TABLES = (
    _table(
        "breast-cancer",
        "Breast cancer: yes or no",
        "569 rows: 30 measurements of cell nuclei; is the tumour benign or malignant?",
        "Expect 95 to 98 % right.",
        "CC BY 4.0",
        "UCI's Breast Cancer Wisconsin (Diagnostic) (W. Wolberg, W. N. Street, O. Mangasarian, "
        "1995), as scikit-learn ships it.",
        target="diagnosis",
        task="binary-classification",
    ),
    _table(
        "diabetes",
        "Diabetes: an amount",
        "442 rows: ten measurements of a patient; how far will the disease progress within a year?",
        "Expect to explain 40 to 50 % of the differences (R² 0.40 to 0.50); a third of the "
        "patients are off by 50 or more.",
        "BSD-3-Clause, as part of scikit-learn",
        "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani: Least Angle Regression (2004), in the "
        "units of the measurements, as scikit-learn ships it; the authors state no licence of "
        "their own.",
        target="progression",
        task="regression",
        columns={"sex": "category"},
    ),
    _table(
        "penguins",
        "Penguins",
        "344 rows: bill, flipper, weight, sex and island of penguins of three species; some "
        "values are missing.",
        "Expect 97 to 100 % right.",
        "CC0",
        "Palmer Station LTER and K. Gorman; A. Horst, A. Hill, K. Gorman: palmerpenguins (2020).",
        target="species",
        columns={"island": "category", "sex": "category", "year": "ignore"},
    ),
    _table(
        "wine",
        "Wine",
        "178 rows: 13 chemical measurements of wines from three cultivars.",
        "Expect 95 to 100 % right.",
        "CC BY 4.0",
        "UCI's Wine (S. Aeberhard, M. Forina, 1992), as scikit-learn ships it; the cultivars have "
        "no names there.",
        target="cultivar",
    ),
    _table(
        "iris",
        "Iris flowers",
        "150 rows: length and width of the petals and sepals of three species.",
        "Expect 93 to 100 % right.",
        "CC BY 4.0",
        "R. A. Fisher, 1936, with the values of his paper, as scikit-learn ships it.",
        target="species",
    ),
)

_OTHERS = (
    Sample(
        "glosses",
        "Definitions in ten topics",
        "7,611 short definitions: is it an animal, a body part, a feeling, a food, a place …?",
        "Expect 80 to 86 % right.",
        "WordNet 3.0",
        "Definitions of ten topics of WordNet 3.0 (Princeton University, 2006), at most 800 of "
        "each, without their examples.",
        "text",
        "classification",
        "sentences",
    ),
    Sample(
        "book",
        "A book: the King James Bible",
        "4.2 million letters; the network learns to go on writing.",
        "Expect 2.0 bits per byte or fewer; the packer gzip needs 2.6 on the same last tenth.",
        "Public domain",
        "The translation of 1611, as Debian's package bible-kjv prints it, without numbers of "
        "verses. In the United Kingdom its printing is a privilege of the Crown.",
        "text",
        "language-modelling",
        "book",
    ),
    Sample(
        "emoji",
        "Emoji and their names",
        "1,885 pictures of 32 × 32 pixels, each with its name: which name belongs to which "
        "picture?",
        "Expect the right name of an unseen picture among the first five of 188 in 30 % or more; "
        "guessing finds 3 %.",
        "OFL-1.1, Apache-2.0 and MIT",
        "Drawn with the font Noto Color Emoji (Google Inc., OFL-1.1; pictures Apache-2.0), names "
        "of Unicode from unicode-emoji-json (Mu-An Chiou, MIT).",
        "pair",
        "matching",
        "captions",
    ),
    Sample(
        "signals",
        "Made-up sensor signals",
        "900 signals of 128 values and six forms, such as sine, square or pulses, with noise.",
        "Expect 97 % right or more.",
        "CC0",
        "Made by this program, not measured; the same signals every time.",
        "signal",
        "classification",
        "signals",
    ),
)

SAMPLES = {sample.name: sample for sample in (*_PICTURES, *_TABLES, *_OTHERS)}


def sample_of(source: str) -> Sample | None:
    """Returns the built-in data of this source; None for a person's own."""
    return SAMPLES.get(source.removeprefix(PREFIX)) if source.startswith(PREFIX) else None
