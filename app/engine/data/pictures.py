"""Decodes pictures safely: to grey or colour, or a reason why not.

Whatever a damaged file raises becomes UnreadablePicture. A picture of more than 8 bits becomes the
tones of its data set: as bytes for the screen, or not rounded for the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from app.engine.data.fingerprints import fingerprint_of
from app.engine.data.picture_files.dicom import read_dicom, read_dicom_form
from app.engine.data.picture_files.formats import FOREIGN, FORMATS, SUFFIXES, is_dicom
from app.engine.data.picture_files.opening import (
    PIXEL_LIMIT,
    Source,
    UnreadablePicture,
    guarded,
    opened_file,
    opened_picture,
    require_fit,
)
from app.engine.data.picture_files.pages import (
    Page,
    Pages,
    maximum,
    may_have_pages,
    pages_like_the_first,
    remark_on_pages,
)
from app.engine.data.picture_files.wide import PIXEL_BYTES as WIDE_BYTES
from app.engine.data.picture_files.wide import Form, form_of, read_wide
from app.engine.data.tones import (
    SAMPLED,
    Depth,
    RangeChoice,
    Tones,
    ValueRange,
    sample_of,
    stored_tones,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

__all__ = [
    "DETAIL",
    "FOREIGN",
    "FORMATS",
    "PIXEL_LIMIT",
    "REMARKS",
    "SUFFIXES",
    "Page",
    "Pages",
    "Source",
    "UnreadablePicture",
    "decode",
    "has_pages",
    "is_deep",
    "may_have_pages",
    "measure",
    "pages_of",
    "pixels_of",
    "scaled_pixels",
    "tones_of",
]

PIXEL_BYTES = 16
"""Memory of a pixel while a transparent picture is laid on white: the largest that there is."""

DETAIL = 448
"""A large JPEG is decoded at a half, quarter or eighth while its sides stay above this, in pixels.

Far quicker, and twice as fine as the sizes that networks usually see.
"""

ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)
"""The EXIF tag of a picture's orientation, and those in which its sides are exchanged."""

REMARKS = {
    "animated": ("animated picture: first frame used", "animated pictures: first frame used"),
    "pages": ("file of several pages: first page used", "files of several pages: first page used"),
    "previews": (
        "file of several pages of different sizes: first page used",
        "files of several pages of different sizes: first page used",
    ),
    "deep": (
        "picture with more than 8 bits a channel was brought to one range of values",
        "pictures with more than 8 bits a channel were brought to one range of values",
    ),
    "cut": (
        "picture has values beyond the range of training, which were cut off",
        "pictures have values beyond the range of training, which were cut off",
    ),
    "wide": (
        "picture of 16 bits a channel is of a form of which 8 bits are read",
        "pictures of 16 bits a channel are of a form of which 8 bits are read",
    ),
    "transparent": (
        "transparent picture was laid on white",
        "transparent pictures were laid on white",
    ),
}
"""What may be remarked on a picture, for one and for many."""


def decode(
    source: Source,
    detail: int = DETAIL,
    tones: Tones | None = None,
    *,
    exact: bool = False,
    page: Page = 0,
    sampled: int = 0,
    choice: RangeChoice | None = None,
) -> Image.Image:
    """Decodes one page of a picture to mode "L" or "RGB", upright, transparency on white.

    detail: both sides may be reduced while decoding but not below this many pixels. tones: for a
    picture of more than 8 bits; None follows by `choice` from its own values, whose range is then
    `info["range"]`; `info["fingerprint"]` is of its values, `info["cut"]` how many of them lie
    beyond `tones`, and `info["sample"]` holds so many (`sampled`) of them. exact: whether such a
    picture is of mode "F", 0..255 with fractions; one with colours has them in `info["exact"]`,
    (H, W, 3) float32. What was done to it stands in `info["remarks"]`,
    keys of `REMARKS`. Raises UnreadablePicture.
    """
    with guarded(), opened_file(source) as (file, start):
        if is_dicom(start):
            shown, remark = read_dicom(file, page)
            wide = False
            raw = shown if _is_deep(shown) else Image.fromarray(shown)
        else:
            with opened_picture(file, start) as picture:
                remark = "" if page else remark_on_pages(picture)
                form = form_of(picture)
                wide = bool(form)
                values = _wide_page(picture, form, page, file)
                raw = _page(picture, page, detail) if values is None else values

        if isinstance(raw, Image.Image):
            result, tone_remark = _to_grey_or_colour(raw)
            tone_remark = tone_remark or ("wide" if wide else "")
            info: dict[str | tuple[int, int], Any] = {
                "range": None,
                "fingerprint": None,
                "sample": None,
                "cut": 0,
                "exact": None,
            }
        else:
            result, info = _to_tones(raw, tones, exact, sampled, choice)
            tone_remark = "deep"

    cut_remark = "cut" if info["cut"] else ""
    result.info = info | {"remarks": tuple(filter(None, (remark, tone_remark, cut_remark)))}
    return result


def measure(source: Source) -> tuple[int, int]:
    """Returns (height, width) of a picture upright, from its header. Raises UnreadablePicture."""
    with guarded(), opened_file(source) as (file, start):
        if is_dicom(start):
            return read_dicom_form(file)[:2]

        with opened_picture(file, start) as picture:
            width, height = picture.size
            # Pillow turns a TIFF when it is opened, and says how it lay all the same.
            turned = picture.format == "TIFF"
            sideways = not turned and picture.getexif().get(ORIENTATION, 1) in SIDEWAYS

    return (width, height) if sideways else (height, width)


def is_deep(source: Source) -> bool:
    """Returns whether a picture has more than 8 bits, by its header. Raises UnreadablePicture."""
    with guarded(), opened_file(source) as (file, start):
        if is_dicom(start):
            return read_dicom_form(file)[3]

        with opened_picture(file, start) as picture:
            return _is_deep_mode(picture.mode) or form_of(picture) not in ("", "upper half")


def has_pages(source: Source) -> bool:
    """Returns whether a file has a second page like its first one. Raises UnreadablePicture."""
    with guarded(), opened_file(source) as (file, start):
        if is_dicom(start):
            return read_dicom_form(file)[2] > 1

        with opened_picture(file, start) as picture:
            return remark_on_pages(picture) == "pages"


def pages_of(source: Source) -> list[int]:
    """Returns the pages of a file that are pictures of one size. Raises UnreadablePicture."""
    with guarded(), opened_file(source) as (file, start):
        if is_dicom(start):
            return list(range(read_dicom_form(file)[2]))

        with opened_picture(file, start) as picture:
            return list(pages_like_the_first(picture)) if picture.format == "TIFF" else [0]


def _page(picture: Image.Image, page: Page, detail: int) -> Image.Image | np.ndarray:
    """Decodes a page upright: grey values (H, W) of more than 8 bits, else a picture."""
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, (detail, detail))

    require_fit(picture.width * picture.height * PIXEL_BYTES)
    if page == "maximum" and picture.format == "TIFF":
        values = maximum(_values_of_pages(picture))
        return values if _is_deep(values) else Image.fromarray(values)

    if isinstance(page, int) and page:
        picture.seek(page)

    return _upright(picture)


def _upright(picture: Image.Image) -> Image.Image | np.ndarray:
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)  # else every picture is copied
    return np.asarray(picture) if _is_deep_mode(picture.mode) else picture


def _values_of_pages(picture: Image.Image) -> Iterator[np.ndarray]:
    for _ in pages_like_the_first(picture):
        page = _upright(picture)
        yield page if isinstance(page, np.ndarray) else np.asarray(_to_grey_or_colour(page)[0])


def _is_deep_mode(mode: str) -> bool:
    """Returns whether pictures of a mode have one channel of more than 8 bits, or of fractions."""
    return mode in ("I", "F") or mode.startswith("I;")


def _wide_page(picture: Image.Image, form: Form, page: Page, file: BinaryIO) -> np.ndarray | None:
    """Decodes a page upright that has colours of more than 8 bits: values (H, W, 3) or (H, W).

    None for any other, and for the maximum of several pages, which have 8 of the bits.
    """
    if not form or page == "maximum":
        return None

    require_fit(picture.width * picture.height * WIDE_BYTES)
    formats = [picture.format or ""]
    return read_wide(form, page, lambda: _opened_again(file, formats), file)


def _opened_again(file: BinaryIO, formats: list[str]) -> ImageFile:
    file.seek(0)
    return Image.open(file, formats=formats)


def _is_deep(values: np.ndarray) -> bool:
    return values.dtype != np.uint8


def _to_tones(
    values: np.ndarray,
    tones: Tones | None,
    exact: bool,
    sampled: int,
    choice: RangeChoice | None,
) -> tuple[Image.Image, dict[str | tuple[int, int], Any]]:
    """Returns values of more than 8 bits as a picture, and what `decode` tells of them."""
    value_range = ValueRange.of(values) if tones is None else None
    chosen = tones or (value_range.tones(choice) if value_range else Tones(0, 1))
    scaled = chosen.scaled(values) if exact else None
    colours = values.ndim == 3
    return (
        Image.fromarray(scaled if scaled is not None and not colours else chosen.to_bytes(values)),
        {
            "range": value_range,
            "fingerprint": fingerprint_of(values),
            "sample": sample_of(values, sampled) if sampled and value_range else None,
            "cut": tones.cut(values) if tones is not None else 0,
            "exact": scaled if colours else None,
        },
    )


def tones_of(
    values: np.ndarray,
    choice: RangeChoice | None = None,
    value_range: ValueRange | None = None,
) -> Tones | None:
    """Returns the tones of pictures of any number type; None where they are those of bytes.

    value_range: of the values, where it is known.
    """
    value_range = value_range or ValueRange.of(values)
    if value_range is None:
        return None

    sample = sample_of(values, SAMPLED) if choice == "percentiles" else None
    tones = value_range.tones(choice, sample)
    return None if tones == Tones(0, 255) and values.dtype == np.uint8 else tones


def later_tones_of(values: np.ndarray) -> Tones | None:
    """Returns the tones of a later array for a network trained on bytes; None for bytes."""
    value_range = ValueRange.of(values) if values.dtype != np.uint8 else None
    return value_range.later_tones() if value_range is not None else None


def pixels_of(values: np.ndarray, tones: Tones | None, depth: Depth = 8) -> np.ndarray:
    """Returns a picture in an array as it is stored, (H, W) or (H, W, 3); transparency on white.

    values: (H, W) or (H, W, C) of any number type, C 3 or 4. tones: None for values that are bytes.
    """
    if depth == 16:
        return stored_tones(scaled_pixels(values, tones), depth)

    pixels = (tones or Tones(0, 255)).to_bytes(values)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)

    return pixels


def scaled_pixels(values: np.ndarray, tones: Tones | None) -> np.ndarray:
    """Returns a picture in an array as float32 in 0..255 with fractions, see pixels_of."""
    scaled = (tones or Tones(0, 255)).scaled(values)
    if scaled.ndim == 3 and scaled.shape[2] == 4:
        alpha = scaled[..., 3:] / np.float32(255)
        scaled = scaled[..., :3] * alpha + 255 * (1 - alpha)

    return scaled


def _to_grey_or_colour(picture: Image.Image) -> tuple[Image.Image, str]:
    """Returns the picture in mode "L" or "RGB", and the key of a remark on its tones."""
    if picture.mode in ("L", "RGB") and "transparency" not in picture.info:
        return (picture.copy() if picture.readonly else picture), ""
    if picture.mode == "1":
        return picture.convert("L"), ""

    if picture.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in picture.info:
        grey = picture.mode in ("L", "LA", "La", "1")
        rgba = picture.convert("RGBA")
        transparent = rgba.getchannel("A").getextrema() != (255, 255)
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        paper.alpha_composite(rgba)

        return paper.convert("L" if grey else "RGB"), "transparent" if transparent else ""

    return picture.convert("RGB"), ""
