"""`python -m tests.samples OUT [--only NAME ...]`: makes the files of resources/samples again.

What each needs on the machine:
    tables      pip: scikit-learn, palmerpenguins
    book        Debian: bible-kjv, bible-kjv-text
    glosses     Debian: wordnet-base
    emoji       Debian: fonts-noto-color-emoji; npm: unicode-emoji-json, as
                `npm pack unicode-emoji-json` brings it (--emoji-names FILE.tgz);
                a Pillow with raqm, which joins the parts of an emoji

The same packages give the same bytes. `digits.npz` and `fashion.npz` are described in
resources/samples/README.md.
"""

from __future__ import annotations

import argparse
import csv
import importlib.resources
import io
import json
import lzma
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORDNET = Path("/usr/share/wordnet")
TOPICS = {  # WordNet's own file number, and what a person would call it
    "animal": "noun 05",
    "body": "noun 08",
    "feeling": "noun 12",
    "food": "noun 13",
    "motion": "verb 38",
    "person": "noun 18",
    "place": "noun 15",
    "plant": "noun 20",
    "speech": "verb 32",
    "substance": "noun 27",
}
EACH_TOPIC = 800
EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
EMOJI_SIZE = 109
"""The only size in which the font has its pictures."""

EMOJI_SIDE = 32


def write_csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def plain(value: float) -> str:
    return f"{value:.10g}"


def tables(out: Path) -> None:
    """Writes cancer, diabetes, wine and iris of scikit-learn, and penguins of palmerpenguins."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

    cancer = load_breast_cancer()
    write_csv(
        out / "breast-cancer.csv",
        [*cancer.feature_names, "diagnosis"],
        (
            [*map(plain, row), cancer.target_names[label]]
            for row, label in zip(cancer.data, cancer.target, strict=True)
        ),
    )

    diabetes = load_diabetes(scaled=False)  # in the units it was measured in
    heads = [
        "age (years)",
        "sex",
        "body mass index (kg/m2)",
        "blood pressure",
        "total cholesterol",
        "LDL",
        "HDL",
        "cholesterol / HDL",
        "log triglycerides",
        "blood sugar",
        "progression",
    ]

    write_csv(
        out / "diabetes.csv",
        heads,
        (
            [*map(plain, row), plain(value)]
            for row, value in zip(diabetes.data, diabetes.target, strict=True)
        ),
    )
    wine = load_wine()
    write_csv(
        out / "wine.csv",
        [*(name.replace("_", " ") for name in wine.feature_names), "cultivar"],
        (
            [*map(plain, row), "ABC"[label]]
            for row, label in zip(wine.data, wine.target, strict=True)
        ),
    )

    iris = load_iris()
    write_csv(
        out / "iris.csv",
        [*iris.feature_names, "species"],
        (
            [*map(plain, row), iris.target_names[label]]
            for row, label in zip(iris.data, iris.target, strict=True)
        ),
    )

    source = importlib.resources.files("palmerpenguins") / "data" / "penguins.csv"
    rows = list(csv.reader(io.StringIO(source.read_text(encoding="utf-8"))))
    heads = [re.sub(r" (mm|g)$", r" (\1)", head.replace("_", " ")) for head in rows[0]]
    write_csv(
        out / "penguins.csv",
        heads,
        ([("" if cell == "NA" else cell) for cell in row] for row in rows[1:]),
    )


def book(out: Path) -> None:
    """Writes the King James Bible: a heading a chapter, a line a verse, no verse numbers."""
    printed = subprocess.run(
        ["bible", "-l20000", "gen1:1-rev22:21"],
        check=True,
        capture_output=True,
        text=True,
        encoding="ascii",
    ).stdout
    lines = [re.sub(r"^\s+\d+ ", "", line).strip() for line in printed.strip().splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
    (out / "book.txt.xz").write_bytes(
        lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)
    )


def glosses(out: Path) -> None:
    """Writes the same number of WordNet's definitions for each topic, chosen at random.

    Their examples are left out.
    """
    random = np.random.Generator(np.random.PCG64(0))
    rows = []
    for topic, where in TOPICS.items():
        part, number = where.split()
        chosen: dict[str, None] = {}
        for line in (WORDNET / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if not line.startswith("  ") and line.split(" ", 2)[1] == number:
                text = re.sub(r'[;:,]?\s*".*$', "", line.split("|", 1)[1]).strip()
                if len(text.split()) >= 3:
                    chosen[text] = None

        texts = sorted(chosen)
        rows += [(texts[row], topic) for row in sorted(random.permutation(len(texts))[:EACH_TOPIC])]

    topics: dict[str, set[str]] = {}
    for text, topic in rows:
        topics.setdefault(text, set()).add(topic)

    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([("definition", "topic"), *(row for row in rows if len(topics[row[0]]) == 1)])
    packed = lzma.compress(file.getvalue().encode(), preset=9 | lzma.PRESET_EXTREME)
    (out / "glosses.csv.xz").write_bytes(packed)


def emoji(out: Path, names: Path) -> None:
    """Writes every emoji that the font has as one picture, on white, with its name and group.

    Other shades of skin are left out.
    """
    if not features.check("raqm"):
        raise SystemExit("This Pillow has no raqm: emoji of several parts would fall apart.")

    with tarfile.open(names) as archive:
        file = archive.extractfile("package/data-by-emoji.json")
        assert file is not None
        known = json.load(file)

    font = ImageFont.truetype(str(EMOJI_FONT), EMOJI_SIZE, layout_engine=ImageFont.Layout.RAQM)
    unknown = ("\U0010fffd", "\U0001f1fd\U0001f1fd")  # no sign at all, and the flag of no country
    width = font.getlength("\U0001f600")
    known_pictures = {_draw(sign, font).tobytes() for sign in unknown}

    drawings = {}
    # of those that are drawn alike (the flags of Norway and of Bouvet Island) the older or shorter
    # name stays
    for sign in sorted(
        known, key=lambda sign: (float(known[sign]["emoji_version"]), len(known[sign]["name"]))
    ):
        picture = _draw(sign, font)
        if (
            font.getlength(sign) == width and picture.tobytes() not in known_pictures
        ):  # else it is not in this font
            known_pictures.add(picture.tobytes())
            drawings[sign] = np.asarray(
                picture.resize((EMOJI_SIDE, EMOJI_SIDE), Image.Resampling.LANCZOS)
            )

    signs = [sign for sign in known if sign in drawings]
    save_arrays(
        out / "emoji.npz",
        images=np.stack([drawings[sign] for sign in signs]),
        texts=np.array([known[sign]["name"] for sign in signs]),
        groups=np.array([known[sign]["group"] for sign in signs]),
    )


def _draw(sign: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    left, top, right, bottom = (int(edge) for edge in font.getbbox(sign))
    side = max(right - left, bottom - top, 1)
    paper = Image.new("RGB", (side, side), "white")
    corner = ((side - right + left) // 2 - left, (side - bottom + top) // 2 - top)
    ImageDraw.Draw(paper).text(corner, sign, font=font, embedded_color=True)

    return paper


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Writes an .npz without timestamps, so that the same arrays give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED, 9
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", choices=["tables", "book", "glosses", "emoji"])
    parser.add_argument(
        "--emoji-names", type=Path, help="what `npm pack unicode-emoji-json` brings"
    )
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)

    for name, make in (("tables", tables), ("book", book), ("glosses", glosses)):
        if not chosen.only or name in chosen.only:
            make(chosen.out)

    if not chosen.only or "emoji" in chosen.only:
        if chosen.emoji_names is None:
            parser.error("--emoji-names is needed for the names of the emoji")
        emoji(chosen.out, chosen.emoji_names)


if __name__ == "__main__":
    main()
