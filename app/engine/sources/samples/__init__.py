"""The built-in datasets: small, offline, to play with at once."""

from __future__ import annotations

from app.engine.sources.samples.content import FASHION, FOLDER, Content, load, thumbnails
from app.engine.sources.samples.entries import (
    FASHION_FOLDER,
    MORE_DATA,
    PREFIX,
    SAMPLES,
    OpenData,
    Sample,
    sample_of,
)

__all__ = [
    "FASHION",
    "FASHION_FOLDER",
    "FOLDER",
    "MORE_DATA",
    "PREFIX",
    "SAMPLES",
    "Content",
    "OpenData",
    "Sample",
    "load",
    "sample_of",
    "thumbnails",
]
