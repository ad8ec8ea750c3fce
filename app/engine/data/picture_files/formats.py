"""Which files are pictures, and what is said of those that are not read."""

from __future__ import annotations

import functools
import importlib.util

from PIL import Image, features

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""Formats that are always tried. Pillow would otherwise start Ghostscript on a hidden EPS."""

SUFFIXES = frozenset(
    {
        ".png",
        ".apng",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".bmp",
        ".dib",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".mpo",
        ".avif",
        ".heic",
        ".heif",
        ".hif",
        ".jxl",
        ".dcm",
        ".dicom",
    }
)
FOREIGN = frozenset(
    {
        ".jp2",
        ".j2k",
        ".svg",
        ".eps",
        ".ps",
        ".psd",
        ".xcf",
        ".ico",
        ".tga",
        ".dng",
        ".cr2",
        ".cr3",
        ".nef",
        ".arw",
        ".raw",
        ".exr",
        ".hdr",
        ".nii",
        ".nii.gz",
    }
)
"""Endings of pictures in formats that are not read, which is worth a word, unlike a text file."""

VOLUMES = (".nii", ".nii.gz")

PLUGINS = {
    "HEIF": ("pillow_heif", "HEIC", "pillow-heif"),
    "JXL": ("pillow_jxl", "JPEG XL", "pillow-jxl-plugin"),
}
"""Formats that a plug-in of Pillow reads where it is installed: its module, and names to say."""

HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")
BRANDS = 48
"""Bytes from the beginning within which a file of this family names the formats it follows."""

JXL_STARTS = (b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a")

START = 132
"""First bytes of a file that tell what it is."""


def suffix_of(name: str) -> str:
    """Returns the ending of a file's name in small letters: ".png", or both of ".nii.gz"."""
    name = name.lower()
    if name.endswith(".nii.gz"):
        return ".nii.gz"

    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""


def foreign_reason(suffix: str) -> str:
    """Returns why a file of one of the FOREIGN endings is not read, and the way out."""
    if suffix in VOLUMES:
        return "NIfTI volumes are not read; save their slices as PNG or TIFF of 16 bits"

    return f"{suffix[1:].upper()} pictures are not read; save it as PNG or JPEG"


def is_dicom(start: bytes) -> bool:
    """Returns whether a file with these first START bytes is a DICOM file."""
    return start[128:132] == b"DICM"


def formats_of(start: bytes) -> tuple[tuple[str, ...], str]:
    """Returns the formats to try on a file with these first bytes, or why none would read it.

    Plug-ins are only loaded for the files that need them.
    """
    if start[4:8] == b"ftyp":
        brands = start[8:BRANDS]  # the first of them may be one that HEIC and AVIF share
        if b"avif" in brands or b"avis" in brands:
            known = features.check("avif")
            return (("AVIF",), "") if known else ((), "AVIF pictures are not read by this Pillow")
        if any(brand in brands for brand in HEIF_BRANDS):
            return (("HEIF",), "") if _loaded("HEIF") else ((), _missing("HEIF"))
    if start.startswith(JXL_STARTS):
        return (("JXL",), "") if _loaded("JXL") else ((), _missing("JXL"))

    return FORMATS, ""


@functools.cache
def _loaded(kind: str) -> bool:
    """Loads the plug-in for a format; returns whether it is installed and works."""
    module = PLUGINS[kind][0]
    if importlib.util.find_spec(module) is None:
        return False

    try:
        plugin = importlib.import_module(module)
        if kind == "HEIF":
            plugin.register_heif_opener()
    except Exception:
        return False  # whatever a broken installation raises: it is as good as none

    return kind in Image.OPEN


def _missing(kind: str) -> str:
    _, name, package = PLUGINS[kind]
    return (
        f"{name} pictures are read where '{package}' is installed (pip install {package}); or "
        "save it as PNG or JPEG"
    )
