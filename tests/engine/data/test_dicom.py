"""DICOM files: rescale, window, photometric interpretation, 8 to 16 bits, frames."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.picture_files import dicom
from app.engine.data.pictures import UnreadablePicture, decode, is_deep, measure, pages_of
from app.engine.data.tones import Tones
from app.engine.experiment.data_settings import DataSettings
from app.engine.results.inputs import read_input
from app.engine.sources.opening import open_dataset

RANDOM = np.random.default_rng(4)


def write(path: Path, values: np.ndarray, bits: int = 12, **more: Any) -> Path:
    """Writes grey (H, W) or (frames, H, W), or colour (H, W, 3), with these further elements."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)

    colour = values.ndim == 3 and values.shape[2] == 3
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    dataset.SamplesPerPixel = 3 if colour else 1
    if colour:
        dataset.PlanarConfiguration = 0
    elif values.ndim == 3:
        dataset.NumberOfFrames = len(values)

    dataset.Rows, dataset.Columns = values.shape[:2] if colour else values.shape[-2:]
    dataset.BitsAllocated = 8 * values.itemsize
    dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    for name, value in more.items():
        setattr(dataset, name, value)

    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def exact(path: Path, tones: Tones | None = None) -> np.ndarray:
    """Returns the tones of a file, 0..255 with fractions."""
    return np.asarray(decode(path, tones=tones, exact=True))


@pytest.mark.parametrize(
    ("bits", "dtype"), ((8, "uint8"), (10, "uint16"), (12, "uint16"), (16, "uint16"))
)
def test_the_stored_bits_are_black_to_white(tmp_path: Path, bits: int, dtype: str) -> None:
    values = RANDOM.integers(0, 1 << bits, (6, 5)).astype(dtype)
    path = write(tmp_path / "a.dcm", values, bits)
    assert measure(path) == (6, 5) and is_deep(path)
    assert np.abs(exact(path) - values / ((1 << bits) - 1) * 255).max() < 1e-3


def test_monochrome1_is_turned_round(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 4_096, (6, 5)).astype(np.uint16)
    path = write(tmp_path / "a.dcm", values, PhotometricInterpretation="MONOCHROME1")
    assert np.abs(exact(path) - (1 - values / 4_095) * 255).max() < 1e-3


def test_signed_values_are_rescaled_and_keep_one_range(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 4_096, (6, 5)).astype(np.int16)
    path = write(tmp_path / "a.dcm", values, 16, RescaleSlope=1, RescaleIntercept=-1024)
    assert decode(path).info["range"].low == values.min() - 1024

    tones = Tones(-1024, 3_071)
    assert np.abs(exact(path, tones) - values / 4_095 * 255).max() < 1e-3


@pytest.mark.parametrize("photometric", ("MONOCHROME2", "MONOCHROME1"))
def test_the_window_is_applied_after_the_rescale(tmp_path: Path, photometric: str) -> None:
    values = np.arange(0, 3_000, 100).astype(np.int16).reshape(5, 6)
    path = write(
        tmp_path / "a.dcm",
        values,
        16,
        RescaleSlope=1,
        RescaleIntercept=-1024,
        WindowCenter=40,
        WindowWidth=401,
        PhotometricInterpretation=photometric,
    )
    hounsfield = values.astype(float) - 1024
    expected = np.clip((hounsfield - 39.5) / 400 + 0.5, 0, 1)  # PS3.3 C.11.2.1.2.1
    if photometric == "MONOCHROME1":
        expected = 1 - expected

    assert np.abs(exact(path) - expected * 255).max() < 1e-3


@pytest.mark.parametrize(
    ("function", "expected"),
    (("LINEAR_EXACT", [0.0, 0.0, 0.5, 1.0, 1.0]), ("SIGMOID", [0.018, 0.119, 0.5, 0.881, 0.982])),
)
def test_other_windows(tmp_path: Path, function: str, expected: list[float]) -> None:
    values = np.array([[0, 50, 100, 150, 200]], np.uint16)
    path = write(
        tmp_path / "a.dcm",
        values,
        WindowCenter=[100, 7],
        WindowWidth=[100, 8],
        VOILUTFunction=function,
    )
    assert exact(path)[0] / 255 == pytest.approx(expected, abs=0.001)


def test_colours_are_pictures_of_bytes(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    path = write(tmp_path / "a.dcm", values, 8)
    picture = decode(path)
    assert picture.mode == "RGB" and not is_deep(path)
    np.testing.assert_array_equal(np.asarray(picture), values)


def test_frames_are_pages(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 4_096, (3, 6, 5)).astype(np.uint16)
    path = write(tmp_path / "a.dcm", values)
    assert pages_of(path) == [0, 1, 2]
    assert "pages" in decode(path).info["remarks"]

    for page, expected in ((0, values[0]), (2, values[2]), ("maximum", values.max(axis=0))):
        found = np.asarray(decode(path, page=page, exact=True))
        assert np.abs(found - expected / 4_095 * 255).max() < 1e-3


def test_files_that_come_with_pydicom_are_read() -> None:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    names = [
        name
        for name in ("CT_small.dcm", "MR_small.dcm", "examples_overlay.dcm")
        if (folder / name).exists()
    ]
    assert names
    for name in names:
        picture = decode(folder / name)
        assert picture.mode == "L" and np.asarray(picture).std() > 10


# --- data sets


@pytest.mark.parametrize("suffix", (".dcm", "", ".7"))
def test_a_folder_of_dicom_files(tmp_path: Path, suffix: str) -> None:
    pictures = {}
    for number in range(10):
        values = RANDOM.integers(0, 4_096, (8, 8)).astype(np.uint16)
        name = f"{'ab'[number % 2]}/IM{number}{suffix}"
        pictures[name] = values
        write(tmp_path / "d" / name, values)

    dataset = open_dataset(DataSettings(source=str(tmp_path / "d")))
    preparation = dataset.description.preparation
    assert isinstance(preparation, ImagePreparation)
    assert preparation.tones == Tones(0, 1) and preparation.depth == 16
    assert not dataset.description.skipped and dataset.description.total == 10
    for row, name in enumerate(dataset.names):
        assert np.abs(dataset.inputs[row, 0] - pictures[name] / 4_095 * 65_535).max() <= 1

    path = tmp_path / "d" / dataset.names[3]
    (raw,) = read_input(path, dataset.description, DataSettings()).raws
    np.testing.assert_array_equal(preparation.array(preparation.decoded(raw)), dataset.inputs[3])


def test_slices_of_one_series_keep_one_range(tmp_path: Path) -> None:
    for number in range(6):
        values = RANDOM.integers(0, 100 * (number + 1), (8, 8)).astype(np.int16)
        values[0, :2] = 0, 100 * (number + 1)
        write(
            tmp_path / "d" / "ab"[number % 2] / f"{number}.dcm",
            values,
            16,
            RescaleSlope=2,
            RescaleIntercept=-1000,
        )

    dataset = open_dataset(DataSettings(source=str(tmp_path / "d")))
    peaks = {name: int(dataset.inputs[row].max()) for row, name in enumerate(dataset.names)}
    low, high = -1_000, 200
    for number in range(6):
        expected = (200 * (number + 1) - 1_000 - low) / (high - low) * 65_535
        assert peaks[f"{'ab'[number % 2]}/{number}.dcm"] == pytest.approx(expected, abs=1)


# --- what cannot be read


def reason_of(source: Path | bytes) -> str:
    with pytest.raises(UnreadablePicture) as caught:
        decode(source)
    return caught.value.reason


def test_without_pydicom_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.dcm", np.zeros((4, 4), np.uint16))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pydicom" else found(name)
    )
    dicom._library.cache_clear()
    try:
        assert "pip install 'netwright[dicom]'" in reason_of(path)
    finally:
        dicom._library.cache_clear()


def test_damaged_files_are_told(tmp_path: Path) -> None:
    content = write(
        tmp_path / "a.dcm", RANDOM.integers(0, 9, (40, 40)).astype(np.uint16)
    ).read_bytes()
    assert "damaged" in reason_of(content[: len(content) // 2])
    assert reason_of(b"\0" * 128 + b"DICM")
    for seed in range(40):
        generator = np.random.default_rng(seed)
        broken = bytearray(content)
        for place in generator.integers(132, 700, 6):
            broken[place] = generator.integers(256)
        try:
            decode(bytes(broken))
        except UnreadablePicture as error:
            assert error.reason


def test_a_file_without_a_picture_is_told(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(write(tmp_path / "a.dcm", np.zeros((4, 4), np.uint16)))
    del dataset.PixelData
    file = io.BytesIO()
    dataset.save_as(file)
    assert reason_of(file.getvalue()) == "it is a DICOM file without a picture"


def test_what_is_announced_is_compared_with_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.dcm", np.zeros((4, 4), np.uint16), Rows=60_000, Columns=60_000)
    assert "too many" in reason_of(path)
    path = write(tmp_path / "b.dcm", np.zeros((4, 4), np.uint16), Rows=4_000, Columns=4_000)
    monkeypatch.setattr("app.engine.data.picture_files.opening.free_memory", lambda: 99 << 20)
    assert reason_of(path) == "it does not fit into memory"


def test_nifti_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for name in ("a.nii", "b.nii.gz"):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / name).write_bytes(b"\x5c\x01\0\0" + b"\0" * 400)
        assert "NIfTI volumes are not read; save their slices as PNG" in reason_of(
            tmp_path / "x" / name
        )

    for number in range(6):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(RANDOM.integers(0, 256, (8, 8)).astype(np.uint8)).save(path)
    (tmp_path / "x" / "a.nii").rename(tmp_path / "a" / "scan.nii")
    (tmp_path / "x" / "b.nii.gz").rename(tmp_path / "a" / "scan.nii.gz")
    (tmp_path / "x").rmdir()

    skipped = open_dataset(DataSettings(source=str(tmp_path))).description.skipped
    assert [item.path for item in skipped] == ["a/scan.nii", "a/scan.nii.gz"]
    assert all("NIfTI" in item.reason and not item.ignored for item in skipped)
