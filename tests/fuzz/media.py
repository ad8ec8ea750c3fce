"""Folders of sounds that are packed, of DICOM files, and of pictures of 16 bits a channel."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.engine.data.test_wide_pictures import png, tiff

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 24
SOUNDS = ("flac", "mp3", "aiff", "au", "w64")
"""Not Ogg: each of its files gets a number by chance. `packed_sounds` holds some."""

PICTURES = ("dicom", "avif", "wide-png", "wide-tiff")
PACKED = Path(__file__).parents[1] / "cases" / "wav" / "flac_ogg"


def sounds_of(suffix: str) -> Callable[[Path], Path]:
    """Returns a maker of a folder of such sounds, a sub-folder for each class."""

    def make(folder: Path) -> Path:
        generator = np.random.default_rng(6)
        for number in range(COUNT):
            path = _place(folder, number, suffix)
            noise = generator.normal(size=600) * 0.1 * (1 + number % 3)
            soundfile.write(path, noise, 8_000, format=suffix.upper())

        return folder

    return make


def packed_sounds(folder: Path) -> Path:
    """Writes files of FLAC, Ogg and MP3 side by side."""
    for path in sorted(PACKED.rglob("*.*")):
        target = folder / path.parent.name / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)

    return folder


def pictures_of(form: str) -> Callable[[Path], Path]:
    """Returns a maker of a folder of pictures of a form in PICTURES."""

    def make(folder: Path) -> Path:
        generator = np.random.default_rng(7)
        suffix = {"dicom": "dcm", "wide-tiff": "tif"}.get(form, form.removeprefix("wide-"))
        for number in range(COUNT):
            values = generator.integers(0, 4_096, (9, 8, 3), np.uint16) * (1 + number % 3)
            _place(folder, number, suffix).write_bytes(_picture(form, values, number))

        return folder

    return make


def _place(folder: Path, number: int, suffix: str) -> Path:
    path = folder / "abc"[number % 3] / f"{number}.{suffix}"
    path.parent.mkdir(exist_ok=True)
    return path


def _picture(form: str, values: np.ndarray, number: int) -> bytes:
    """Returns a file with values (H, W, 3) of 16 bits, or what the form keeps of them."""
    if form == "wide-png":
        return png(values)
    if form == "wide-tiff":
        return tiff(values, "<>"[number % 2], packed=number % 4 == 0, planar=number % 4 == 1)
    if form == "dicom":
        return _dicom(values[..., 0], number)

    stream = io.BytesIO()
    Image.fromarray((values >> 6).astype(np.uint8)).save(stream, "AVIF")
    return stream.getvalue()


def _dicom(values: np.ndarray, number: int) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.SamplesPerPixel = 1
    dataset.Rows, dataset.Columns = values.shape
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 0
    dataset.WindowCenter, dataset.WindowWidth = 3_000, 6_000
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -10
    dataset.PixelData = values.tobytes()
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
