"""A small valid file or folder of every format that the program opens."""

from __future__ import annotations

import gzip
import io
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from PIL import Image

from app.engine.data.pictures import FORMATS
from tests import tiny_files
from tests.fuzz.doors import DOORS, write_door
from tests.fuzz.media import PICTURES, SOUNDS, packed_sounds, pictures_of, sounds_of
from tests.fuzz.spreadsheets import write_ods, write_xlsx

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.data_settings import Labels

COUNT = 24
"""Examples of a member: enough for three classes in three splits."""

Maker = Callable[["Path"], "Path"]
"""Writes a member into an empty folder and returns what is opened: a file in it, or a folder."""


@dataclass(frozen=True)
class Member:
    """One valid input.

    kind: the format that reads it, "" where it is only for prediction. sort: the tiny network that
    is asked about its files. labels: the setting of [data] that answers what it leaves open.
    """

    name: str
    kind: str
    sort: str
    make: Maker
    labels: Labels | None = None


def members() -> list[Member]:
    """Returns every member of the corpus, in the order of their names."""
    found = [
        *(Member(f"csv-{name}", "table", "row", _csv(*how)) for name, how in CSV.items()),
        Member("csv-plain", "table", "row", _tiny("classification", "row")),
        Member("csv-tags", "table", "text", _tiny("multi-label", "text")),
        Member("csv-pairs", "table", "text", _tiny("matching", "text+text")),
        Member("csv-pictures", "image-list", "image", _tiny("classification", "image")),
        Member("xlsx", "table", "row", _xlsx),
        Member("ods", "table", "row", _ods),
        *(Member(f"parquet-{name}", "table", "row", _parquet(name)) for name in PARQUET),
        *(Member(f"door{end}", "table", "row", _door(end)) for end in DOORS),
        *(Member(f"idx{end}", "idx", "image", _idx(end)) for end in ("", ".gz")),
        Member("cifar", "cifar", "image", _cifar),
        Member("npz-signals", "signals", "signal", _tiny("classification", "signal")),
        Member("npz-pictures", "arrays", "image", _npz_pictures),
        Member("npy-pictures", "", "image", _npy((9, 8, 8), np.uint8)),
        Member("npy-signals", "", "signal", _npy((9, 2, tiny_files.SOUND), np.float32)),
        Member("wav", "sound-folder", "wav", sounds),
        *(Member(f"picture-{name}", "image-folder", "image", _pictures(name)) for name in FORMATS),
        *(Member(f"sound-{end}", "sound-folder", "wav", sounds_of(end)) for end in SOUNDS),
        Member("sound-packed", "sound-folder", "wav", packed_sounds),
        *(
            Member(f"picture-{form}", "image-folder", "image", pictures_of(form))
            for form in PICTURES
        ),
        Member("captions", "pairs", "image", _tiny("matching", "image+text")),
        Member("texts", "text-folder", "text", _texts),
        Member("long-text", "long-text", "text", _tiny("language-modelling", "text")),
        Member("picture-splits", "image-folder", "image", _split_pictures),
        Member("boxes", "boxes", "image", _boxes, "tags"),
        Member("boxes-cut", "boxes", "image", _boxes, "crops"),
        Member("listed-sounds", "file-list", "wav", _listed_sounds),
        Member("saved", "saved-dataset", "image", _saved),
    ]

    return sorted(found, key=lambda member: member.name)


# --- tables

CSV: dict[str, tuple[str, str, str, bool]] = {
    "semicolon": (";", ",", "utf-8", False),
    "tab": ("\t", ".", "utf-16", False),
    "quoted": (",", ".", "utf-8-sig", True),
    "latin": ("|", ".", "latin-1", True),
}
"""name -> delimiter, decimal point, encoding, whether every cell stands in quotes."""

PARQUET = ("plain", "dictionary", "zstd")


def rows() -> list[list[str | float]]:
    """Returns a heading and COUNT rows: what the tiny network reads, a city, and a class."""
    generator = np.random.default_rng(3)
    heads: list[str | float] = ["one", "two", "three", "four", "form", "größe", "city", "kind"]
    body: list[list[str | float]] = [
        [
            *(round(float(number), 2) for number in generator.normal(5, 2, 4)),
            "uvw"[row % 3],
            row,
            ("Köln", "Łódź", "Rom")[row % 2],
            "abc"[row % 3],
        ]
        for row in range(COUNT)
    ]

    return [heads, *body]


def _csv(delimiter: str, decimal: str, encoding: str, quoted: bool) -> Maker:
    def make(folder: Path) -> Path:
        quote = '"' if quoted else ""
        lines = [
            delimiter.join(f"{quote}{str(cell).replace('.', decimal)}{quote}" for cell in row)
            for row in rows()
        ]

        path = folder / ("table.tsv" if delimiter == "\t" else "table.csv")
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding, "replace"))
        return path

    return make


def _xlsx(folder: Path) -> Path:
    write_xlsx(folder / "table.xlsx", rows())
    return folder / "table.xlsx"


def _ods(folder: Path) -> Path:
    write_ods(folder / "table.ods", rows())
    return folder / "table.ods"


def _door(end: str) -> Maker:
    def make(folder: Path) -> Path:
        write_door(folder / f"table{end}", end, rows())
        return folder / f"table{end}"

    return make


def _parquet(name: str) -> Maker:
    def make(folder: Path) -> Path:
        heads, *body = rows()
        columns = {str(head): [row[index] for row in body] for index, head in enumerate(heads)}

        table = pa.table(columns)
        if name == "plain":
            days = pa.array([date(2020, 1, 1 + row) for row in range(COUNT)])
            table = table.append_column("day", days).append_column(
                "parts", pa.array([[row, row] for row in range(COUNT)])
            )

        parquet.write_table(
            table,
            folder / "table.parquet",
            compression={"plain": "none", "dictionary": "snappy"}.get(name, name),
            use_dictionary=name == "dictionary",
        )
        return folder / "table.parquet"

    return make


# --- arrays


def _labels() -> np.ndarray:
    return (np.arange(COUNT) % 3).astype(np.uint8)


def _pixels(side: int = 8) -> np.ndarray:
    generator = np.random.default_rng(4)
    pixels = generator.integers(0, 120, (COUNT, side, side), dtype=np.uint8)
    pixels[np.arange(COUNT), 2 * _labels()] += 120
    return pixels


def _idx(end: str) -> Maker:
    """Returns a maker of two IDX files; end: ".gz" packs them."""

    def make(folder: Path) -> Path:
        arrays = {"train-images-idx3-ubyte": _pixels(), "train-labels-idx1-ubyte": _labels()}
        for name, array in arrays.items():
            head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            content = head + array.tobytes()
            if end:
                content = gzip.compress(content, mtime=0)
            (folder / (name + end)).write_bytes(content)

        return folder

    return make


def _cifar(folder: Path) -> Path:
    """Writes binary files of CIFAR-10: a label and 32 x 32 pixels in three colours each."""
    generator = np.random.default_rng(4)
    for name in ("data_batch_1.bin", "test_batch.bin"):
        pixels = generator.integers(0, 256, (COUNT, 3 * 32 * 32), np.uint8)
        records = np.concatenate([_labels()[:, None].astype(np.uint8), pixels], axis=1)
        (folder / name).write_bytes(records.tobytes())

    (folder / "batches.meta.txt").write_text("a\nb\nc\n", encoding="utf-8")
    return folder


def _npz_pictures(folder: Path) -> Path:
    np.savez_compressed(folder / "pictures.npz", images=_pixels(), labels=_labels())
    return folder / "pictures.npz"


def _npy(shape: tuple[int, ...], kind: type[np.generic]) -> Maker:
    def make(folder: Path) -> Path:
        array = np.random.default_rng(5).integers(0, 200, shape).astype(kind)
        np.save(folder / "examples.npy", array)
        return folder / "examples.npy"

    return make


# --- folders


def sounds(folder: Path) -> Path:
    generator = np.random.default_rng(6)
    for number, label in enumerate(_labels().tolist()):
        path = folder / "abc"[label] / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)

        samples = (generator.normal(size=400) * 3000 * (1 + label)).astype("<i2")
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(samples.tobytes())

    return folder


def _pictures(picture_format: str) -> Maker:
    """Returns a maker of a folder of such pictures, a sub-folder for each class."""

    def make(folder: Path) -> Path:
        suffix = {"JPEG": "jpg", "TIFF": "tif"}.get(picture_format, picture_format.lower())
        for number, label in enumerate(_labels().tolist()):
            path = folder / "abc"[label] / f"{number}.{suffix}"
            path.parent.mkdir(exist_ok=True)
            picture = Image.fromarray(_pixels()[number])
            picture.convert("RGB" if number % 2 else "L").save(path, picture_format)

        return folder

    return make


def _split_pictures(folder: Path) -> Path:
    for number, pixels in enumerate(_pixels()):
        path = folder / ("test" if number % 4 == 3 else "train") / "abc"[_labels()[number]]
        path.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path / f"{number}.png")

    return folder


def _boxes(folder: Path) -> Path:
    for number, pixels in enumerate(_pixels()):
        for name in ("images", "labels"):
            (folder / name).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        line = f"{_labels()[number]} 0.5 0.5 0.6 0.6\n"
        (folder / "labels" / f"{number}.txt").write_text(line, encoding="utf-8")

    return folder


def _listed_sounds(folder: Path) -> Path:
    sounds(folder)
    rows = ["file_name,label"]
    for path in sorted(folder.rglob("*.wav")):
        rows.append(f"{path.name},{path.parent.name}")
        path.rename(folder / path.name)
    for label in "abc":
        (folder / label).rmdir()

    (folder / "metadata.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def _saved(folder: Path) -> Path:
    cells = []
    for pixels in _pixels():
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        cells.append({"bytes": stream.getvalue(), "path": None})

    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    labels = ["abc"[label] for label in _labels().tolist()]
    table = pa.table({"image": pa.array(cells, kind), "label": labels})
    parquet.write_table(table, folder / "train-00000-of-00001.parquet")
    return folder


def _texts(folder: Path) -> Path:
    for number, label in enumerate(_labels().tolist()):
        path = folder / "abc"[label] / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{tiny_files.TEXT_WORDS[label]} says number {number}.", encoding="utf-8")

    return folder


def _tiny(task: str, sort: str) -> Maker:
    """Returns a maker of the tiny files that other tests train on."""

    def make(folder: Path) -> Path:
        data = tiny_files.write_files(folder, task, sort)
        return folder / str(data["source"]).rsplit("/", 1)[-1]

    return make
