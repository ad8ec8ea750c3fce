"""Says what a file that is not read is: a table, a note, an archive; and which are the system's."""

from __future__ import annotations

import os
import re

from app.engine.data.pictures import FOREIGN
from app.engine.data.pictures import SUFFIXES as PICTURES

SYSTEM = frozenset(
    {
        ".ds_store",
        ".directory",
        ".localized",
        ".spotlight-v100",
        ".trashes",
        ".fseventsd",
        "thumbs.db",
        "desktop.ini",
        "ehthumbs.db",
        "icon\r",
        "__macosx",
        "@eadir",
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)
"""Names of files and folders that systems leave behind, in small letters."""

NOTE = re.compile(
    r"(readme|licen[cs]e|copying|authors|notes?|about|citation|changelog|credits)\b.*|.*readme.*",
    re.IGNORECASE,
)
"""Names of files about the folder that they stand in."""

_ENDINGS = {
    "a table": "csv tsv tab xlsx xlsm xlsb xls ods parquet pq feather arrow jsonl ndjson arff",
    "a text": "txt text caption log",
    "a note": "md rst",
    "a document": "pdf doc docx odt rtf ppt pptx odp tex bib",
    "a web page": "html htm mhtml",
    "an archive": "zip tar gz tgz bz2 xz 7z rar zst lz4",
    "a sound": "wav wave flac ogg oga opus mp3 m4a aac aif aiff aifc au wma",
    "a film": "mp4 m4v avi mov mkv webm mpg mpeg wmv flv",
    "a file of arrays": "npz npy mat h5 hdf5 nii tfrecord zarr",
    "a file of labels or settings": "json xml yaml yml toml ini cfg conf names labels",
    "a program or a part of one": "py ipynb js ts c cpp h java r m sh bat exe dll so lnk pyc",
    "a file of weights or pickled objects": "pt pth ckpt safetensors onnx pkl pickle joblib",
    "a database": "db sqlite sqlite3 mdb lmdb",
}
_SORTS = {f".{ending}": sort for sort, endings in _ENDINGS.items() for ending in endings.split()}


def junk_sort(name: str) -> str:
    """Returns what a hidden file, or one that a system leaves behind, is; "" for any other."""
    lowered = name.lower()
    if lowered in SYSTEM or name.startswith("._"):
        return "a system file"
    if name.startswith("~$"):
        return "a file that an office program keeps while it is open"

    return "a hidden file or folder" if name.startswith(".") else ""


def why_left_out(name: str, noun: str) -> str:
    """Returns the reason for which a file is not read in a folder of something else.

    noun: of that, such as "picture". A table may say what the others are: then it is what to open.
    """
    sort = file_sort(name)
    hint = "; if it says what they are, open it itself" if sort == "a table" else ""
    return f"it is {sort}, not a {noun}{hint}"


def file_sort(name: str) -> str:
    """Returns what a file is by its name, with its article: "a table", "an archive"."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix in PICTURES:
        return "a picture"
    if suffix in FOREIGN:
        return "a picture of a format that is not read"
    if NOTE.fullmatch(name) and _SORTS.get(suffix, "a text") in ("a text", "a note"):
        return "a note"
    if suffix in _SORTS:
        return _SORTS[suffix]

    return f"a file of an unknown sort ('{suffix}')" if suffix else "a file without an ending"
